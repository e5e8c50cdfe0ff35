import { expect, it } from 'vitest';
import { groupNamesOf, vectorInputs } from './vector-inputs.js';

it.each([
  ['purchases', [{ name: 'purchases', version: undefined }]],
  ['purchases@2', [{ name: 'purchases', version: 2 }]],
  ['purchases:amount_sum_1h', [{ name: 'purchases', version: undefined }]],
  ['purchases@2:amount_sum_1h', [{ name: 'purchases', version: 2 }]],
  ['no such thing', []],
])('the reference %s names the groups %j', (reference, groups) => {
  expect(groupNamesOf(reference)).toEqual(groups);
});

it('each join key and each request field is asked for once', () => {
  const inputs = vectorInputs(
    [
      { kind: 'Entity', name: 'customer', joinKeys: [{ name: 'customer_id', type: 'int' }] },
      {
        kind: 'Entity',
        name: 'pair',
        joinKeys: [
          { name: 'customer_id', type: 'int' },
          { name: 'merchant_id', type: 'string' },
        ],
      },
    ],
    [
      {
        kind: 'DerivedFeatureGroup',
        name: 'a',
        inputs: [],
        features: [],
        requestFields: { amount: 'float' },
      },
      {
        kind: 'DerivedFeatureGroup',
        name: 'b',
        inputs: [],
        features: [],
        requestFields: { amount: 'float' },
      },
    ],
  );
  expect(inputs.joinKeys.map(({ name }) => name)).toEqual(['customer_id', 'merchant_id']);
  expect(inputs.requestFields.map(({ name }) => name)).toEqual(['amount']);
});
