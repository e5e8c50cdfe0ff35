/**
 * CEL text to code: parsed by cel-js, checked and compiled here. cel-js evaluates too, but its integers are
 * BigInt, its nulls throw and its `matches` runs JavaScript regular expressions on foreign text; feature
 * columns are doubles, nulls are daily bread, and evaluation must be bounded. So the syntax is CEL's and the
 * semantics are written down in operators.ts, functions.ts and docs/expressions.md.
 */
import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import { nearestName } from '../nearest-name.js';
import {
  NULL_CODE,
  commonType,
  constantNumber,
  constantString,
  convert,
  listCode,
  numberCode,
} from './code.js';
import type { Code, ListCode, ListType, NumberCode } from './code.js';
import { ExpressionError, RowFault } from './expression-error.js';
import { FUNCTION_NAMES, accepts, overloadsOf, signatureOf } from './functions.js';
import { elementOf, valueRun } from './lists.js';
import { MACRO_NAMES, compileMacro, isMacroName } from './macros.js';
import {
  ARITHMETIC,
  COMPARISONS,
  and,
  arithmetic,
  comparison,
  isNull,
  membership,
  not,
  or,
} from './operators.js';
import type { Scope } from './scope.js';
import { resumeEvent } from './steps.js';

/**
 * The size of an expression is bounded when it is compiled; what it does with long texts and lists is counted when
 * it runs (steps.ts). Macros do not nest.
 */
export const EXPRESSION_LIMITS = { characters: 4_096, nodes: 1_000, depth: 50, listElements: 500 } as const;

const PARSER = new Environment({
  unlistedVariablesAreDyn: true,
  limits: {
    maxAstNodes: EXPRESSION_LIMITS.nodes,
    maxDepth: EXPRESSION_LIMITS.depth,
    maxListElements: EXPRESSION_LIMITS.listElements,
  },
});

/** @throws ExpressionError where the text is no expression, or its types do not fit. */
export function compileExpression(text: string, scope: Scope): Code {
  const syntax = parseExpression(text);
  // Constant parts are computed now, within the bound of one event.
  resumeEvent();
  try {
    return compileNode(syntax, scope);
  } catch (error) {
    // A constant part such as `timestamp("yesterday")` is computed now, and refused now.
    if (error instanceof RowFault) throw new ExpressionError(error.message, { start: 0, end: text.length });
    throw error;
  }
}

/** @throws ExpressionError where the text is no expression. */
export function parseExpression(text: string): ASTNode {
  if (text.length > EXPRESSION_LIMITS.characters)
    throw new ExpressionError(
      `the expression has ${text.length} characters, allowed are ${EXPRESSION_LIMITS.characters}`,
      { start: EXPRESSION_LIMITS.characters, end: text.length },
    );
  try {
    return PARSER.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const range = error.range ?? { start: 0, end: text.length };
    if (range.start >= text.length) throw new ExpressionError('the expression ends too early', range);
    // The parser's own names of what it met (`QUESTION`, `RPAREN`) are not what the author wrote.
    const isToken = /^(Unexpected token|Expected [A-Z]+)/.test(error.summary);
    const summary = isToken ? `unexpected ${JSON.stringify(text[range.start])}` : lowerFirst(error.summary);
    throw new ExpressionError(`${summary} at character ${range.start + 1}`, range);
  }
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function compileNode(node: ASTNode, scope: Scope): Code {
  switch (node.op) {
    case 'value':
      return compileLiteral(node.args, node);
    case 'id':
      return compileVariable(node.args, node, scope);
    case '.':
      return compileQualifiedName(node, scope);
    case '!_':
      return not(compileBool(node.args, scope, "'!'"));
    case '-_':
      return compileNegation(node, scope);
    case '&&':
    case '||': {
      const left = compileBool(node.args[0], scope, `'${node.op}'`);
      const right = compileBool(node.args[1], scope, `'${node.op}'`);
      return node.op === '&&' ? and(left, right) : or(left, right);
    }
    case '?:':
      return compileChoice(node.args, node, scope);
    case 'list':
      return compileList(node.args, node, scope);
    case '[]':
      return compileElement(node.args, node, scope);
    case 'call':
      return compileCall(node.args[0], node.args[1], node, scope);
    case 'rcall': {
      const [name, receiver, operands] = node.args;
      const [variable, body] = operands;
      if (isMacroName(name) && variable && body && operands.length === 2)
        return compileMacro({ name, list: receiver, variable, body, node }, scope, compileNode);
      return compileCall(name, [receiver, ...operands], node, scope);
    }
    case 'map':
    case '.?':
    case '[?]':
      throw new ExpressionError(
        `${node.op === 'map' ? 'a map' : 'optional access'} cannot be used in an expression`,
        node,
      );
    default:
      return compileBinary(node.op, node.args, node, scope);
  }
}

function compileLiteral(value: unknown, node: ASTNode): Code {
  if (value === null) return NULL_CODE;
  if (typeof value === 'bigint') return constantNumber('int', Number(value));
  if (typeof value === 'number') return constantNumber('float', value);
  if (typeof value === 'boolean') return constantNumber('bool', value ? 1 : 0);
  if (typeof value === 'string') return constantString(value);
  throw new ExpressionError('only numbers, strings, true, false and null may be written as literals', node);
}

function compileVariable(name: string, node: ASTNode, scope: Scope): Code {
  const code = scope.variable(name);
  if (code) return code;
  const didYouMean = nearestName(name, scope.names);
  throw new ExpressionError(`there is no field or column "${name}"`, node, {
    found: name,
    allowed: scope.names,
    ...(didYouMean !== undefined && { didYouMean }),
  });
}

/** `customer_stats.spend_sum_1h`: a feature named with its group, where two inputs have the same name. */
function compileQualifiedName(node: ASTNode & { op: '.' }, scope: Scope): Code {
  const [group, name] = node.args;
  if (group.op !== 'id') throw new ExpressionError('only a name may stand before a dot', node);
  return compileVariable(`${group.args}.${name}`, node, scope);
}

function compileBool(node: ASTNode, scope: Scope, where: string): NumberCode {
  const code = compileNode(node, scope);
  if (code.kind === 'null') return constantNumber('bool', Number.NaN);
  if (code.type === 'bool') return code;
  throw new ExpressionError(`${where} needs bool, got ${code.type}`, node, {
    found: code.type,
    allowed: ['bool'],
  });
}

function compileNegation(node: ASTNode & { op: '-_' }, scope: Scope): Code {
  const operand = compileNode(node.args, scope);
  if (operand.kind !== 'number' || operand.type === 'bool' || operand.type === 'timestamp')
    throw new ExpressionError(`'-' is not defined for ${operand.type}`, node, { found: operand.type });
  // Zero minus, not minus: the negative zero of -(0) would come back to users as "-0".
  return numberCode(operand.type, (row) => 0 - operand.run(row), [operand]);
}

function compileBinary(
  operator: string,
  [leftNode, rightNode]: [ASTNode, ASTNode],
  node: ASTNode,
  scope: Scope,
): Code {
  const left = compileNode(leftNode, scope);
  const right = compileNode(rightNode, scope);
  const code = binaryCode(operator, left, right);
  if (code) return code;
  throw new ExpressionError(`'${operator}' is not defined for ${left.type} and ${right.type}`, node, {
    found: `${left.type} ${operator} ${right.type}`,
  });
}

function binaryCode(operator: string, left: Code, right: Code): Code | undefined {
  if (operator === 'in') return membership(left, right);
  const arithmeticOperator = ARITHMETIC.find((known) => known === operator);
  if (arithmeticOperator) return arithmetic(arithmeticOperator)(left, right);
  const comparisonOperator = COMPARISONS.find((known) => known === operator);
  return comparisonOperator && comparison(comparisonOperator)(left, right);
}

function compileChoice(
  [conditionNode, thenNode, elseNode]: [ASTNode, ASTNode, ASTNode],
  node: ASTNode,
  scope: Scope,
): Code {
  const condition = compileBool(conditionNode, scope, "the condition before '?'");
  const yes = compileNode(thenNode, scope);
  const no = compileNode(elseNode, scope);
  const type = commonType(yes.type, no.type);
  if (type === undefined)
    throw new ExpressionError(`both sides of ':' must have one type, got ${yes.type} and ${no.type}`, node, {
      found: `${yes.type} : ${no.type}`,
    });
  return choose(condition, convert(yes, type), convert(no, type));
}

/** A null condition chooses neither side: the result is null. */
function choose(condition: NumberCode, yes: Code, no: Code): Code {
  const asked = condition.run;
  const operands = [condition, yes, no];
  if (yes.kind === 'number' && no.kind === 'number') {
    const run = (row: number): number => {
      const holds = asked(row);
      return holds === 1 ? yes.run(row) : holds === 0 ? no.run(row) : Number.NaN;
    };
    return numberCode(yes.type, run, operands);
  }
  return chooseObject(asked, yes, no, operands);
}

function chooseObject(asked: NumberCode['run'], yes: Code, no: Code, operands: readonly Code[]): Code {
  const constant = operands.every((operand) => operand.constant);
  const pick = <T>(first: (row: number) => T | null, second: (row: number) => T | null) => {
    return (row: number): T | null => {
      const holds = asked(row);
      return holds === 1 ? first(row) : holds === 0 ? second(row) : null;
    };
  };
  if (yes.kind === 'string' && no.kind === 'string') return { ...yes, constant, run: pick(yes.run, no.run) };
  if (yes.kind === 'list' && no.kind === 'list') return { ...yes, constant, run: pick(yes.run, no.run) };
  if (yes.kind === 'map' && no.kind === 'map') return { ...yes, constant, run: pick(yes.run, no.run) };
  return NULL_CODE;
}

const LIST_OF: Readonly<Record<string, ListType>> = {
  int: 'int_list',
  float: 'float_list',
  string: 'string_list',
  bool: 'bool_list',
};

function compileList(nodes: readonly ASTNode[], node: ASTNode, scope: Scope): ListCode {
  const elements = nodes.map((element) => compileNode(element, scope));
  let elementType = elements[0]?.type ?? 'int';
  for (const element of elements) {
    const common = commonType(elementType, element.type);
    if (common === undefined)
      throw new ExpressionError(
        `the elements of a list must have one type, got ${elementType} and ${element.type}`,
        node,
      );
    elementType = common;
  }
  const listType = LIST_OF[elementType];
  if (!listType) throw new ExpressionError(`a list of ${elementType} cannot be written`, node);
  const values = elements.map((element) => valueRun(element));
  return listCode(listType, (row) => values.map((value) => value(row)), elements);
}

function compileElement([listNode, indexNode]: [ASTNode, ASTNode], node: ASTNode, scope: Scope): Code {
  const list = compileNode(listNode, scope);
  const index = compileNode(indexNode, scope);
  const code = elementCode(list, index);
  if (code) return code;
  throw new ExpressionError(`'[]' is not defined for ${list.type} and ${index.type}`, node, {
    found: `${list.type}[${index.type}]`,
  });
}

/** An element that is not there is null. */
function elementCode(list: Code, index: Code): Code | undefined {
  if (list.kind === 'map' && index.kind === 'string') {
    const run = (row: number): number => list.run(row)?.get(index.run(row) ?? '') ?? Number.NaN;
    return numberCode('float', run, [list, index]);
  }
  if (list.kind !== 'list' || index.type !== 'int') return undefined;
  const at = (row: number): unknown => list.run(row)?.[index.run(row)] ?? null;
  return elementOf(list, at, list.constant && index.constant);
}

function compileCall(name: string, nodes: readonly ASTNode[], node: ASTNode, scope: Scope): Code {
  if (name === 'matches')
    throw new ExpressionError(
      'matches() cannot be used: a regular expression may take unbounded time; use contains, startsWith or endsWith',
      node,
      { found: 'matches', allowed: ['contains', 'startsWith', 'endsWith'] },
    );
  const overloads = overloadsOf(name);
  const isSpecial = name === 'coalesce' || (name === 'has' && nodes.length === 1);
  if (overloads.length === 0 && !isSpecial) throw unknownFunction(name, node);
  const operands = nodes.map((operand) => compileNode(operand, scope));
  if (name === 'coalesce') return coalesce(operands, node);
  if (isSpecial) return not(isNull(operands[0] as Code));
  const overload = overloads.find((candidate) => accepts(candidate, operands));
  if (overload) return overload.build(operands);
  const found = `${name}(${operands.map((operand) => operand.type).join(', ')})`;
  const allowed = overloads.map(signatureOf);
  throw new ExpressionError(`${found} is not defined; there is ${allowed.join(' and ')}`, node, {
    found,
    allowed,
  });
}

function unknownFunction(name: string, node: ASTNode): ExpressionError {
  const allowed = [...FUNCTION_NAMES, ...MACRO_NAMES, 'coalesce', 'has'];
  const didYouMean = nearestName(name, allowed);
  return new ExpressionError(`there is no function "${name}"`, node, {
    found: name,
    allowed,
    ...(didYouMean !== undefined && { didYouMean }),
  });
}

/** The first operand that is not null. */
function coalesce(operands: readonly Code[], node: ASTNode): Code {
  const [first, ...rest] = operands;
  if (!first) throw new ExpressionError('coalesce needs at least one argument', node);
  return rest.reduce((code, next) => {
    const type = commonType(code.type, next.type);
    if (type === undefined)
      throw new ExpressionError(
        `the arguments of coalesce must have one type, got ${code.type} and ${next.type}`,
        node,
      );
    return choose(isNull(code), convert(next, type), convert(code, type));
  }, first);
}
