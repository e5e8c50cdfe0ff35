import { counting, expression, type WrongDocument } from './wrong-document.js';

/** Wrong expressions. */
export const WRONG_EXPRESSIONS: readonly WrongDocument[] = [
  // Expressions.
  [
    counting('where: amount'),
    'wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: a condition must be bool, this is float',
  ],
  [
    counting('where: amont > 0.0'),
    'wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: there is no field or column "amont"; did you mean "amount"? (allowed: at, customer, shop, amount)',
  ],
  [
    counting('where: "amount +"'),
    'wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: the expression ends too early',
  ],
  [
    counting('where: "amount ) 1.0"'),
    "wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: unexpected character: ')' at character 8",
  ],
  [
    counting('where: "amount > 0.0 & true"'),
    'wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: unexpected character: & at character 14',
  ],
  [
    counting(`where: ${'x'.repeat(5000)}`),
    'wrong.yaml:5: FeatureGroup/wrong.where EXPRESSION: the expression has 5000 characters, allowed are 4096',
  ],
  [
    expression('{"a": 1.0}'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: a map cannot be used in an expression',
  ],
  [
    expression('tags.?first'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: unexpected "?" at character 6',
  ],
  [
    expression('b"x"'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: only numbers, strings, true, false and null may be written as literals',
  ],
  [
    expression('"a".b'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: only a name may stand before a dot',
  ],
  [
    expression('amount ? 1.0 : 0.0'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: the condition before '?' needs bool, got float",
  ],
  [
    expression('amount && true'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: '&&' needs bool, got float",
  ],
  [
    expression('-tags'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: '-' is not defined for string_list",
  ],
  [
    expression('amount + "x"'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: '+' is not defined for float and string",
  ],
  [
    expression('amount > 0.0 ? 1.0 : "x"'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: both sides of ':' must have one type, got float and string",
  ],
  [
    expression('[1, "a"][0]'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: the elements of a list must have one type, got int and string',
  ],
  [
    expression('[at][0]'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: a list of timestamp cannot be written',
  ],
  [
    expression('tags["x"]'),
    "wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: '[]' is not defined for string_list and string",
  ],
  [
    expression('"a".matches("b")'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: matches() cannot be used: a regular expression may take unbounded time; use contains, startsWith or endsWith',
  ],
  [
    expression('clip(amount)'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: clip(float) is not defined; there is clip(number, number, number): number',
  ],
  [
    expression('clp(amount, 0.0, 1.0)'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: there is no function "clp"; did you mean "clip"? (allowed: abs, sign, floor, ceil, …)',
  ],
  [
    expression('coalesce()'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: coalesce needs at least one argument',
  ],
  [
    expression('coalesce(amount, "x")'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: the arguments of coalesce must have one type, got float and string',
  ],
  [
    expression('tags.exists(t, tags.exists(u, true))'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: exists cannot stand inside another macro',
  ],
  [
    expression('amount.all(t, true)'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: all needs a list, got float',
  ],
  [
    expression('tags.all(1, true)'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: all(var, predicate) invalid predicate iteration variable at character 10',
  ],
  [
    expression('tags.all(t, 1)'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: the condition of all needs bool, got int',
  ],
  [
    expression('tags.map(t, at)[0]'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: map cannot make a list of timestamp',
  ],
  [
    expression('timestamp("yesterday") > at'),
    'wrong.yaml:5: DerivedFeatureGroup/wrong.features[0].expression EXPRESSION: timestamp: cannot read "yesterday" as an RFC 3339 instant',
  ],
];
