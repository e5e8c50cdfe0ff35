import type { ASTNode } from '@marcbachmann/cel-js';
import { parseExpression } from './compile-expression.js';
import { isMacroName } from './macros.js';

/**
 * The names of columns, features and request fields that an expression reads, each once, in the order of the
 * text. A qualified name comes whole (`customer_stats.spend`); the variable of a macro is none of them.
 * @throws ExpressionError where the text is no expression
 */
export function identifiersOf(expression: string): readonly string[] {
  const names = new Set<string>();
  collect(parseExpression(expression), new Set(), names);
  return [...names];
}

function collect(node: ASTNode, bound: ReadonlySet<string>, names: Set<string>): void {
  if (node.op === 'id') {
    if (!bound.has(node.args)) names.add(node.args);
    return;
  }
  if (node.op === '.') {
    const [owner, member] = node.args;
    if (owner.op === 'id') names.add(`${owner.args}.${member}`);
    else collect(owner, bound, names);
    return;
  }
  if (node.op === 'rcall') {
    const [name, receiver, [variable, body]] = node.args;
    if (isMacroName(name) && variable?.op === 'id' && body) {
      collect(receiver, bound, names);
      collect(body, new Set([...bound, variable.args]), names);
      return;
    }
  }
  for (const operand of nodesIn(node.args)) collect(operand, bound, names);
}

/** Operands stand alone, in lists, and in lists of lists, beside the names of functions and literals. */
function nodesIn(operands: unknown): ASTNode[] {
  if (Array.isArray(operands)) return operands.flatMap(nodesIn);
  return isNode(operands) ? [operands] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
