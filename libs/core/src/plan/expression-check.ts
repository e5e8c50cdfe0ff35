import type { FeatureType } from '../definitions/definitions.js';
import { convert, expressionTypeOf, NULL_CODE, type Code, type ExpressionType } from '../expressions/code.js';
import { compileExpression, parseExpression } from '../expressions/compile-expression.js';
import { ExpressionError } from '../expressions/expression-error.js';
import { sizeOf } from '../expressions/expression-size.js';
import type { Scope } from '../expressions/scope.js';
import type { FaultSink } from './definition-fault.js';

/** The type of a name; `unknown` where what it stands for has a fault of its own. */
export type KnownType = ExpressionType | 'unknown';

/** Ends the check of an expression that reads a name of unknown type: nothing more can be said of it. */
class UnknownTypeRead extends Error {}

/**
 * A scope that knows the types of names and has no values: enough to check an expression.
 * @param isOpen there may be names that are not among them
 */
export function typeScope(types: ReadonlyMap<string, KnownType>, isOpen = false): Scope {
  return {
    variable: (name) => {
      const type = types.get(name);
      if (type === 'unknown' || (type === undefined && isOpen)) throw new UnknownTypeRead();
      return type === undefined ? undefined : typedNull(type);
    },
    get names() {
      return [...types.keys()];
    },
  };
}

function typedNull(type: ExpressionType): Code {
  const code = convert(NULL_CODE, type);
  return code.kind === 'null' ? code : { ...code, constant: false };
}

/** The type of the expression's value; unknown after a fault was reported, here or where a name comes from. */
export function checkExpression(text: string, scope: Scope, faults: FaultSink): KnownType {
  try {
    return compileExpression(text, scope).type;
  } catch (error) {
    if (error instanceof UnknownTypeRead) return 'unknown';
    if (!(error instanceof ExpressionError)) throw error;
    const { found, didYouMean } = error.details;
    const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
    const place = text.slice(error.range.start, error.range.end);
    faults.report('EXPRESSION', `${error.message}${hint}`, { ...error.details, found: found ?? place });
    return 'unknown';
  }
}

export function checkCondition(text: string, scope: Scope, faults: FaultSink): void {
  const type = checkExpression(text, scope, faults);
  if (type !== 'unknown' && type !== 'bool' && type !== 'null')
    faults.report('EXPRESSION', `a condition must be bool, this is ${type}`, {
      found: type,
      allowed: ['bool'],
    });
}

export function fieldTypes(
  fields: Iterable<{ readonly name: string; readonly type?: FeatureType }>,
): Map<string, KnownType> {
  return new Map(
    Array.from(fields, ({ name, type }) => [name, type === undefined ? 'unknown' : expressionTypeOf(type)]),
  );
}

/**
 * All expressions of a group together: each node costs some nanoseconds for each event, so that the largest group
 * costs some 50 µs. What nodes do with long texts and lists is counted when they run (steps.ts).
 */
const GROUP_NODES_MAX = 10_000;

export function checkTotalSize(texts: readonly string[], faults: FaultSink): void {
  let nodes = 0;
  for (const text of texts) {
    try {
      nodes += sizeOf(parseExpression(text));
    } catch (error) {
      // Reported where the expression stands.
      if (!(error instanceof ExpressionError)) throw error;
    }
  }
  if (nodes > GROUP_NODES_MAX)
    faults.report(
      'LIMIT',
      `the expressions of a group have at most ${GROUP_NODES_MAX} nodes together, these have ${nodes}`,
      { found: nodes },
    );
}
