/** Short ways to write a definition with one thing wrong in it. */

/** A document, and exactly what is told of it. */
export type WrongDocument = readonly [document: string, ...faults: string[]];

/** What is registered when one of these comes. */
export const SHOP = `
kind: Entity
name: customer
joinKeys: [{ name: customer, type: string }]
---
kind: Source
name: orders
type: stream
fields: { at: timestamp, customer: string, shop: string, amount: float }
timestampField: at
---
kind: Source
name: profiles
type: push
fields: { at: timestamp, customer: string, segment: string, vector: embedding }
timestampField: at
---
kind: FeatureGroup
name: spend
entity: customer
source: orders
aggregations: [{ of: amount, functions: [sum], windows: [1h] }]
---
kind: FeatureGroup
name: also_spend
entity: customer
source: orders
aggregations: [{ of: amount, functions: [sum], windows: [1h] }]
---
kind: FeatureGroup
name: profile
entity: customer
source: profiles
features: [{ name: segment, type: string }]
---
kind: FeatureService
name: checkout
features: ["spend@1"]
`;

export const list = (length: number, element: (i: number) => string): string =>
  `[${Array.from({ length }, (_, i) => element(i + 1)).join(', ')}]`;
export const quantiles = (count: number): string => list(count, (i) => `p${i}`);
export const hours = (count: number): string => list(count, (i) => `${i}h`);

export const entity = (members: string): string => `kind: Entity\nname: wrong\n${members}`;
export const source = (members: string): string => `kind: Source\nname: wrong\ntype: stream\n${members}`;
export const groupOf = (sourceName: string, members: string): string =>
  `kind: FeatureGroup\nname: wrong\nentity: customer\nsource: ${sourceName}\n${members}`;
export const group = (members: string): string => groupOf('orders', members);
export const counting = (members: string): string =>
  group(`${members}\naggregations: [{ functions: [count], windows: [1h] }]`);
export const aggregation = (members: string): string => group(`aggregations: [{ ${members} }]`);
/** 800 features. */
export const wide = (name: string): string =>
  `kind: FeatureGroup\nname: ${name}\nentity: customer\nsource: orders\n` +
  `aggregations: [{ of: amount, functions: ${quantiles(20)}, windows: ${hours(40)}, name: ${name} }]`;
export const pushed = (features: string): string => groupOf('profiles', `features: [${features}]`);
export const derived = (members: string): string => `kind: DerivedFeatureGroup\nname: wrong\n${members}`;
export const scored = (members: string): string =>
  derived(`${members}\nfeatures: [{ name: score, type: float, expression: "1.0" }]`);
export const expression = (text: string): string =>
  derived(
    `inputs: [spend]\nrequestFields: { amount: float, at: timestamp, tags: string_list }\n` +
      `features: [{ name: score, type: float, expression: ${JSON.stringify(text)} }]`,
  );
export const service = (features: string): string =>
  `kind: FeatureService\nname: wrong\nfeatures: ${features}`;
