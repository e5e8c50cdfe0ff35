/** The messages of faults as the sources spell them, read from their syntax trees. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A template with `…` for what is inserted. */
const INSERTED = '…';

/** What a message made from the template looks like, as far as it goes. */
export function patternOf(template: string): RegExp {
  const parts = template.split(INSERTED).map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`, 's');
}

/** Every message that the files of a folder hand to a sink of faults, an ExpressionError or a fault. */
export function messageTemplates(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .flatMap((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        const message = messageIn(node);
        if (message) found.push(...templatesOf(message, tree));
        ts.forEachChild(node, visit);
      };
      visit(tree);
      return found.filter((template) => template.replaceAll(INSERTED, '').trim().length > 3);
    });
}

/** The expression of a message, where the node is one of the ways to tell a fault. */
function messageIn(node: ts.Node): ts.Expression | undefined {
  if (ts.isCallExpression(node)) {
    const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const name = ts.isIdentifier(called) ? called.text : '';
    if (name === 'report' || name === 'rule') return node.arguments[1];
    if (name === 'reportUnknown') return node.arguments[0];
  }
  if (
    ts.isNewExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'ExpressionError'
  )
    return node.arguments?.[0];
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && node.name.text === 'message')
    return node.initializer;
  if (
    ts.isPropertyAssignment(node) &&
    ts.isVariableDeclaration(node.parent.parent) &&
    node.parent.parent.name.getText() === 'REQUIREMENTS'
  )
    return node.initializer;
  return undefined;
}

/** The texts that an expression may become; those of names are where the name is given its value. */
function templatesOf(node: ts.Expression, tree: ts.SourceFile): string[] {
  const prefix = isOfUnknownName(node) ? 'there is no ' : isRequirement(node) ? INSERTED : '';
  return textsOf(node, tree).map((text) => prefix + text);
}

const isOfUnknownName = ({ parent }: ts.Expression): boolean =>
  ts.isCallExpression(parent) && parent.expression.getText().endsWith('reportUnknown');

/** These follow the name of the member that they are about. */
const isRequirement = ({ parent }: ts.Expression): boolean =>
  (ts.isCallExpression(parent) && parent.expression.getText() === 'rule') ||
  (ts.isPropertyAssignment(parent) && ts.isVariableDeclaration(parent.parent.parent));

function textsOf(node: ts.Expression, tree: ts.SourceFile): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node))
    return [node.whenTrue, node.whenFalse].flatMap((one) => textsOf(one, tree));
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce(
      (texts, span) =>
        texts.flatMap((text) =>
          textsOf(span.expression, tree).map((middle) => text + middle + span.literal.text),
        ),
      [node.head.text],
    );
  if (ts.isIdentifier(node)) return constantNear(node, tree) ?? [INSERTED];
  return [INSERTED];
}

/** The texts of a constant that the enclosing functions declare. */
function constantNear(node: ts.Identifier, tree: ts.SourceFile): string[] | undefined {
  for (let scope: ts.Node | undefined = node.parent; scope; scope = scope.parent) {
    if (!ts.isBlock(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (name.getText(tree) !== node.text || !initializer) continue;
        const isText = ts.isStringLiteralLike(initializer) || ts.isTemplateExpression(initializer);
        if (isText || ts.isConditionalExpression(initializer)) return textsOf(initializer, tree);
      }
    }
  }
  return undefined;
}
