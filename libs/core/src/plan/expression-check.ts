import type { FeatureType } from '../definitions/definitions.js';
import { convert, expressionTypeOf, NULL_CODE, type Code, type ExpressionType } from '../expressions/code.js';
import { compileExpression } from '../expressions/compile-expression.js';
import { ExpressionError } from '../expressions/expression-error.js';
import type { Scope } from '../expressions/scope.js';
import type { FaultSink } from './definition-fault.js';

/** A scope that knows the types of names and has no values: enough to check an expression. */
export function typeScope(types: ReadonlyMap<string, ExpressionType>): Scope {
  return {
    variable: (name) => {
      const type = types.get(name);
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

/** The type of the expression's value; undefined after a fault was reported. */
export function checkExpression(text: string, scope: Scope, faults: FaultSink): ExpressionType | undefined {
  try {
    return compileExpression(text, scope).type;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { found, didYouMean } = error.details;
    const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
    const place = text.slice(error.range.start, error.range.end);
    faults.report('EXPRESSION', `${error.message}${hint}`, { ...error.details, found: found ?? place });
    return undefined;
  }
}

export function checkCondition(text: string, scope: Scope, faults: FaultSink): void {
  const type = checkExpression(text, scope, faults);
  if (type !== undefined && type !== 'bool' && type !== 'null')
    faults.report('EXPRESSION', `a condition must be bool, this is ${type}`, {
      found: type,
      allowed: ['bool'],
    });
}

export function fieldTypes(
  fields: Iterable<{ readonly name: string; readonly type: FeatureType }>,
): Map<string, ExpressionType> {
  return new Map(Array.from(fields, ({ name, type }) => [name, expressionTypeOf(type)]));
}
