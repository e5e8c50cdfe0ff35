/**
 * Every rule of validation with the exact message that it tells: one wrong document (or set) a rule, on top of a
 * registry that holds a small shop. The last test reads the messages out of the source, so that a rule without a row
 * here fails it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { pathOf, type Definition } from '@millrace/core';
import { decideChanges, KEEP_ALL, type Removal } from './changes.js';
import { decideApply } from './decide-apply.js';
import { readDefinitions, type LocatedFault } from './read-definitions.js';
import type { RegistryState } from './registry-state.js';
import type { Subject } from './subject.js';
import { readDocuments } from '../../../tools/cli/definition-documents.js';

const SHOP = `
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

const list = (length: number, element: (i: number) => string): string =>
  `[${Array.from({ length }, (_, i) => element(i + 1)).join(', ')}]`;
const quantiles = (count: number): string => list(count, (i) => `p${i}`);
const hours = (count: number): string => list(count, (i) => `${i}h`);

const entity = (members: string): string => `kind: Entity\nname: wrong\n${members}`;
const source = (members: string): string => `kind: Source\nname: wrong\ntype: stream\n${members}`;
const groupOf = (sourceName: string, members: string): string =>
  `kind: FeatureGroup\nname: wrong\nentity: customer\nsource: ${sourceName}\n${members}`;
const group = (members: string): string => groupOf('orders', members);
const counting = (members: string): string =>
  group(`${members}\naggregations: [{ functions: [count], windows: [1h] }]`);
const aggregation = (members: string): string => group(`aggregations: [{ ${members} }]`);
/** 800 features. */
const wide = (name: string): string =>
  `kind: FeatureGroup\nname: ${name}\nentity: customer\nsource: orders\n` +
  `aggregations: [{ of: amount, functions: ${quantiles(20)}, windows: ${hours(40)}, name: ${name} }]`;
const pushed = (features: string): string => groupOf('profiles', `features: [${features}]`);
const derived = (members: string): string => `kind: DerivedFeatureGroup\nname: wrong\n${members}`;
const scored = (members: string): string =>
  derived(`${members}\nfeatures: [{ name: score, type: float, expression: "1.0" }]`);
const expression = (text: string): string =>
  derived(
    `inputs: [spend]\nrequestFields: { amount: float, at: timestamp, tags: string_list }\n` +
      `features: [{ name: score, type: float, expression: ${JSON.stringify(text)} }]`,
  );
const service = (features: string): string => `kind: FeatureService\nname: wrong\nfeatures: ${features}`;

/** The document, and what is told of it. */
const WRONG: readonly (readonly [document: string, ...faults: string[]])[] = [
  // The form of documents.
  ['just a text', 'wrong.yaml:1: ?/? FORM: a definition must be a mapping'],
  [
    'name: wrong',
    'wrong.yaml:1: ?/wrong.kind FORM: the `kind` is missing (allowed: Entity, Source, FeatureGroup, DerivedFeatureGroup, …)',
  ],
  [
    'kind: Featuregroup\nname: wrong',
    'wrong.yaml:1: Featuregroup/wrong.kind FORM: there is no kind "Featuregroup"; did you mean "FeatureGroup"? (allowed: Entity, Source, FeatureGroup, DerivedFeatureGroup, …)',
  ],
  [
    'kind: 7\nname: wrong',
    'wrong.yaml:1: ?/wrong.kind FORM: there is no kind 7 (allowed: Entity, Source, FeatureGroup, DerivedFeatureGroup, …)',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }]\ndescription: "half \\uD83D of a pair"'),
    'wrong.yaml:4: Entity/wrong.description FORM: text must not hold NUL or half a character',
  ],
  [entity('description: no join keys'), 'wrong.yaml:1: Entity/wrong.joinKeys FORM: `joinKeys` is missing'],
  [entity('joinKeys: []'), 'wrong.yaml:3: Entity/wrong.joinKeys FORM: `joinKeys` must not be empty, got []'],
  [entity('joinKeys: id'), 'wrong.yaml:3: Entity/wrong.joinKeys FORM: `joinKeys` must be a list, got "id"'],
  [
    entity('joinKeys: [id]'),
    'wrong.yaml:3: Entity/wrong.joinKeys[0] FORM: `joinKeys[0]` must be a mapping, got "id"',
  ],
  [
    entity('joinKeys: [[]]'),
    'wrong.yaml:3: Entity/wrong.joinKeys[0] FORM: `joinKeys[0]` must be a mapping, got []',
  ],
  [
    entity('joinKeys: [{ name: id, type: integer }]'),
    'wrong.yaml:3: Entity/wrong.joinKeys[0].type FORM: `type` must be one of string, int, got "integer"; did you mean "int"?',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }]\npartitions: many'),
    'wrong.yaml:4: Entity/wrong.partitions FORM: `partitions` must be a whole number, got "many"',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }]\nowners: ada'),
    'wrong.yaml:4: Entity/wrong.owners FORM: there is no member `owners`; did you mean `owner`? (allowed: name, joinKeys, partitions, description, …)',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }]\ntags: { team: 7 }'),
    'wrong.yaml:4: Entity/wrong.tags.team FORM: `tags.team` must be text, got 7',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }]\ntags: ops'),
    'wrong.yaml:4: Entity/wrong.tags FORM: `tags` must be a mapping of names to text, got "ops"',
  ],
  [
    'kind: Entity\nname: 7\njoinKeys: [{ name: id, type: int }]',
    'wrong.yaml:2: Entity/?.name FORM: `name` must be text, got 7',
  ],
  [
    source('fields: [at]\ntimestampField: at'),
    'wrong.yaml:4: Source/wrong.fields FORM: `fields` must be a mapping of field names to types, got ["at"]',
  ],
  [
    source('fields: { at: timestmp }\ntimestampField: at'),
    'wrong.yaml:4: Source/wrong.fields.at FORM: there is no type "timestmp"; did you mean "timestamp"? (allowed: int, float, string, bool, …)',
  ],
  [
    source('fields: { at: timestamp }'),
    'wrong.yaml:1: Source/wrong.timestampField FORM: `timestampField` is missing',
  ],
  [
    'kind: Source\nname: wrong\ntype: strem\nfields: { at: timestamp }\ntimestampField: at',
    'wrong.yaml:3: Source/wrong.type FORM: `type` must be one of stream, push, batch, got "strem"; did you mean "stream"?',
  ],
  [
    aggregation('functions: [count, 7], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[1] FORM: `functions[1]` must be a function like mean, or one with its argument like { last_k: 5 }, got 7',
  ],
  [
    aggregation('functions: [count], windows: [1h, { record: 5 }]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[1] FORM: `windows[1]` must be a length like 1h, lifetime, { records: 100, within: 60s }, { tumbling: 1d, offset: 0s } or { session: 30m }, got {"record":5}',
  ],
  [
    aggregation('functions: [], windows: []'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions FORM: `functions` must not be empty, got []',
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows FORM: `windows` must not be empty, got []',
  ],
  [
    counting('resolution: fine'),
    'wrong.yaml:5: FeatureGroup/wrong.resolution FORM: `resolution` must be a number, got "fine"',
  ],
  [
    counting('freshness: 15m'),
    'wrong.yaml:5: FeatureGroup/wrong.freshness FORM: `freshness` must be a mapping, got "15m"',
  ],
  [
    scored('inputs: [spend, 7]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[1] FORM: `inputs[1]` must be text, got 7',
  ],
  [service('[]'), 'wrong.yaml:3: FeatureService/wrong.features FORM: `features` must not be empty, got []'],
  // Names, and what is there twice.
  [
    `${entity('joinKeys: [{ name: id, type: int }]')}\n---\n${entity('joinKeys: [{ name: id, type: int }]')}`,
    'wrong.yaml:5: Entity/wrong DUPLICATE: Entity/wrong is there twice',
  ],
  [
    'kind: Entity\nname: two words\njoinKeys: [{ name: id, type: int }]',
    'wrong.yaml:2: Entity/two words.name NAME: a name has letters, digits and underscores, starts with no digit and is at most 128 long, got "two words"',
  ],
  [
    'kind: Entity\nname: constructor\njoinKeys: [{ name: id, type: int }]',
    'wrong.yaml:2: Entity/constructor.name NAME: the name "constructor" is reserved',
  ],
  [
    source('fields: { at: timestamp, "a-b": int }\ntimestampField: at'),
    'wrong.yaml:4: Source/wrong.fields.a-b NAME: a name has letters, digits and underscores, starts with no digit and is at most 128 long, got "a-b"',
  ],
  // Entities.
  [
    entity('joinKeys: [{ name: id, type: int }]\npartitions: 0'),
    'wrong.yaml:4: Entity/wrong.partitions LIMIT: partitions must be a whole number from 1 to 4096, got 0',
  ],
  [
    entity('joinKeys: [{ name: id, type: int }, { name: id, type: string }]'),
    'wrong.yaml:3: Entity/wrong.joinKeys[1].name DUPLICATE: the join key "id" is there twice',
  ],
  [
    entity(`joinKeys: ${list(9, (i) => `{ name: k${i}, type: int }`)}`),
    'wrong.yaml:3: Entity/wrong.joinKeys LIMIT: an entity has 1 to 8 join keys, got 9',
  ],
  [
    'kind: Entity\nname: customer\njoinKeys: [{ name: customer, type: string }]\npartitions: 32',
    'wrong.yaml:4: Entity/customer.partitions IMMUTABLE: the partitions of a registered entity cannot change: 16 are registered, got 32',
  ],
  [
    'kind: Entity\nname: customer\njoinKeys: [{ name: id, type: string }]',
    'wrong.yaml:3: Entity/customer.joinKeys IMMUTABLE: the join keys of a registered entity cannot change: register an entity under another name (allowed: customer: string)',
    'FeatureGroup/spend.keys.id UNKNOWN_NAME: there is no field of source orders for the join key id: "id" (allowed: at, customer, shop, amount)',
    'FeatureGroup/also_spend.keys.id UNKNOWN_NAME: there is no field of source orders for the join key id: "id" (allowed: at, customer, shop, amount)',
    'FeatureGroup/profile.keys.id UNKNOWN_NAME: there is no field of source profiles for the join key id: "id" (allowed: at, customer, segment, vector)',
  ],
  // Sources.
  [
    source('fields: { at: timestamp }\ntimestampField: att'),
    'wrong.yaml:5: Source/wrong.timestampField UNKNOWN_NAME: there is no field "att"; did you mean "at"?',
  ],
  [
    source('fields: { at: int }\ntimestampField: at'),
    'wrong.yaml:5: Source/wrong.timestampField TYPE: the timestamp field "at" must be of type timestamp, is int',
  ],
  [
    source('fields: { at: timestamp, order_id: string }\ntimestampField: at\nidField: orderid'),
    'wrong.yaml:6: Source/wrong.idField UNKNOWN_NAME: there is no field "orderid"; did you mean "order_id"? (allowed: at, order_id)',
  ],
  [
    source('fields: { at: timestamp, paid: bool }\ntimestampField: at\nidField: paid'),
    'wrong.yaml:6: Source/wrong.idField TYPE: the id field "paid" must be of type string or int, is bool',
  ],
  [
    source('fields: { at: timestamp }\ntimestampField: at\ndedupHorizon: 8d'),
    'wrong.yaml:6: Source/wrong.dedupHorizon LIMIT: event ids are remembered for 1s to 7d, not for 8d',
  ],
  [
    source(`fields: {${list(501, (i) => `f${i}: timestamp`).slice(1, -1)}}\ntimestampField: f1`),
    'wrong.yaml:4: Source/wrong.fields LIMIT: a source has at most 500 fields, got 501',
  ],
  [
    'kind: Source\nname: orders\ntype: stream\nfields: { at: timestamp, customer: string, amount: int }\ntimestampField: at',
    'wrong.yaml:4: Source/orders.fields IN_USE: the change would change spend@1, which is pinned: let its services follow a newer version',
  ],
  // Feature groups.
  [
    'kind: FeatureGroup\nname: wrong\nentity: custmer\nsource: order\naggregations: [{ functions: [count], windows: [1h] }]',
    'wrong.yaml:3: FeatureGroup/wrong.entity UNKNOWN_NAME: there is no entity "custmer"; did you mean "customer"?',
    'wrong.yaml:4: FeatureGroup/wrong.source UNKNOWN_NAME: there is no source "order"; did you mean "orders"? (allowed: orders, profiles)',
  ],
  [
    counting('features: [{ name: amount, type: float }]'),
    'wrong.yaml:1: FeatureGroup/wrong FORM: a feature group has either `aggregations` or `features`, this has both',
  ],
  [
    group('ttl: 7d'),
    'wrong.yaml:1: FeatureGroup/wrong FORM: a feature group has either `aggregations` or `features`, this has neither',
  ],
  [
    counting('ttl: 1 week\nfreshness: { target: soon }'),
    'wrong.yaml:5: FeatureGroup/wrong.ttl DURATION: cannot read the length of time "1 week"; write it like 90s, 15m, 1h, 7d',
    'wrong.yaml:6: FeatureGroup/wrong.freshness.target DURATION: cannot read the length of time "soon"; write it like 90s, 15m, 1h, 7d',
  ],
  [
    counting('keys: { custmer: customer }'),
    'wrong.yaml:5: FeatureGroup/wrong.keys.custmer UNKNOWN_NAME: there is no join key of entity customer "custmer"; did you mean "customer"?',
  ],
  [
    counting('keys: { customer: custmer }'),
    'wrong.yaml:5: FeatureGroup/wrong.keys.customer UNKNOWN_NAME: there is no field of source orders for the join key customer: "custmer"; did you mean "customer"? (allowed: at, customer, shop, amount)',
  ],
  [
    counting('keys: { customer: amount }'),
    'wrong.yaml:5: FeatureGroup/wrong.keys.customer TYPE: the join key "customer" is string, the field "amount" of source orders is float (allowed: string, int)',
  ],
  [
    counting('budget: 5'),
    'wrong.yaml:5: FeatureGroup/wrong.budget LIMIT: budget must be a whole number from 16 to 4096, got 5',
  ],
  [
    counting('resolution: 2'),
    'wrong.yaml:5: FeatureGroup/wrong.resolution LIMIT: resolution must be above 0 and at most 0.5, got 2',
  ],
  [
    counting('derive: { amount: "1.0" }'),
    'wrong.yaml:5: FeatureGroup/wrong.derive.amount DUPLICATE: "amount" is already a field of source orders',
  ],
  [
    counting('derive: { age: "at - at" }'),
    'wrong.yaml:5: FeatureGroup/wrong.derive.age EXPRESSION: a column cannot hold a duration: write seconds(…) around it',
  ],
  [
    counting('derive: { nothing: "null" }'),
    'wrong.yaml:5: FeatureGroup/wrong.derive.nothing EXPRESSION: a column cannot hold null',
  ],
  [
    counting(
      `derive: {${list(26, (i) => `c${i}: "${Array(200).fill('amount').join(' + ')}"`).slice(1, -1)}}`,
    ),
    'wrong.yaml:1: FeatureGroup/wrong LIMIT: the expressions of a group have at most 10000 nodes together, these have 10374',
  ],
  // Aggregations.
  [
    groupOf('profiles', 'aggregations: [{ functions: [count], windows: [1h] }]'),
    'wrong.yaml:4: FeatureGroup/wrong.source TYPE: aggregations need a stream source, profiles is push',
  ],
  [
    group('aggregations: []'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations FORM: a feature group needs at least one aggregation',
  ],
  [
    aggregation('of: amont, functions: [sum], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].of UNKNOWN_NAME: there is no field or derived column of source orders "amont"; did you mean "amount"? (allowed: at, customer, shop, amount)',
  ],
  [
    aggregation('of: amount, by: shp, functions: [sum], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].by UNKNOWN_NAME: there is no field or derived column of source orders "shp"; did you mean "shop"? (allowed: at, customer, shop, amount)',
  ],
  [
    aggregation('of: amount, by: amount, functions: [sum], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].by TYPE: "amount" cannot be a category, it is float (allowed: string, int, bool)',
  ],
  [
    aggregation('of: customer, functions: [mean], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] TYPE: mean cannot aggregate "customer", which is string (allowed: int, float, bool)',
  ],
  [
    aggregation('functions: [sum], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: sum needs a column: say of which field with `of` (allowed: at, customer, shop, amount)',
  ],
  [
    aggregation('of: amount, functions: [mean], windows: [1h], name: "a b"'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].name NAME: a name has letters, digits and underscores, starts with no digit and is at most 128 long, got "a b"',
  ],
  [
    aggregation('functions: [count], windows: [1h, 1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0] DUPLICATE: the feature "count_1h" is there twice: give one of them a `name`',
  ],
  [
    aggregation('of: amount, functions: [mean], windows: [1h], default: none'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].default TYPE: the default must be of type float, got "none"',
  ],
  [
    aggregation('of: amount, by: shop, functions: [sum], windows: [1h], default: 0'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].default TYPE: a map of values has no default, got 0',
  ],
  [
    aggregation(`of: amount, functions: ${quantiles(26)}, windows: ${hours(40)}`),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations LIMIT: a group has at most 1000 features, this has 1040',
  ],
  // Functions.
  [
    aggregation('of: amount, functions: [stdev], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: there is no function "stdev"; did you mean "stddev"? (allowed: count, sum, mean, min, …)',
  ],
  [
    aggregation('of: amount, functions: [p100], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: "p100" is no quantile: write a number above 0 and below 100, like p95 or p99.9 (allowed: p50, p95, p99.9)',
  ],
  [
    aggregation('of: amount, functions: [last_k], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: last_k needs an argument: write { last_k: 5 }',
  ],
  [
    aggregation('of: amount, functions: [{ last_k: 0 }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].last_k FUNCTION: last_k needs a whole number from 1 to 100, got 0',
  ],
  [
    aggregation('of: amount, functions: [{ mean: 5 }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: mean takes no argument: write mean',
  ],
  [
    aggregation('of: amount, functions: [{ lastk: 5 }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: there is no function "lastk"; did you mean "last"? (allowed: count, sum, mean, min, …)',
  ],
  [
    aggregation('of: amount, functions: [{ last_k: 5, first_k: 5 }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0] FUNCTION: a function with an argument has exactly one member, like { last_k: 5 }',
  ],
  [
    aggregation('of: amount, functions: [{ min_by: 5 }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].min_by FUNCTION: min_by needs the name of a field or derived column, got 5',
  ],
  [
    aggregation('of: amount, functions: [{ min_by: att }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].min_by UNKNOWN_NAME: there is no field or derived column of source orders "att"; did you mean "at"? (allowed: at, customer, shop, amount)',
  ],
  [
    aggregation('of: amount, functions: [{ ratio: customer }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].ratio TYPE: ratio cannot use "customer", which is string (allowed: int, float, bool)',
  ],
  [
    aggregation('of: amount, functions: [{ histogram: [10, 0] }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].histogram FUNCTION: histogram needs 1 to 64 rising numbers, the edges of its buckets (allowed: [0, 10, 100])',
  ],
  [
    aggregation('of: amount, functions: [{ ewma: fast }], windows: [1h]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].functions[0].ewma FUNCTION: ewma needs its half-life, like { ewma: 1h }, got "fast" (allowed: 90s, 15m, 1h, 7d)',
  ],
  // Windows.
  [
    aggregation('functions: [count], windows: [1 hour]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0] WINDOW: cannot read the length of time "1 hour"; write it like 90s, 15m, 1h, 7d, lifetime',
  ],
  [
    aggregation('functions: [count], windows: [100000d]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0] WINDOW: a window must be 1s to 3650d long, got 100000d',
  ],
  [
    aggregation('functions: [count], windows: [{ records: 0 }]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0].records WINDOW: records must be a whole number from 1 to 1000, got 0',
  ],
  [
    aggregation('functions: [count], windows: [{ tumbling: 1h, offset: 2h }]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0].offset WINDOW: the offset 2h must be shorter than the window 1h',
  ],
  [
    aggregation('functions: [count], windows: [{ session: 30m, longest: 5m }]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0].longest WINDOW: the longest session 5m is shorter than its gap 30m',
  ],
  [
    aggregation('functions: [count], windows: [{ session: 1s, longest: 365d }]'),
    'wrong.yaml:5: FeatureGroup/wrong.aggregations[0].windows[0].longest WINDOW: a session with gaps of 1s may last at most 1000s, got 365d',
  ],
  // Pushed features.
  [
    group('features: [{ name: amount, type: float }]'),
    'wrong.yaml:4: FeatureGroup/wrong.source TYPE: a group of pushed features needs a push or batch source, orders is a stream',
  ],
  [
    pushed('{ name: segmnt, type: string }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].name UNKNOWN_NAME: there is no field of source profiles "segmnt"; did you mean "segment"? (allowed: at, customer, segment, vector)',
  ],
  [
    pushed('{ name: segment, type: int }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].type TYPE: the feature "segment" is int, its field in source profiles is string',
  ],
  [
    pushed('{ name: segment, type: string }, { name: segment, type: string }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[1].name DUPLICATE: the feature "segment" is there twice',
  ],
  [
    pushed('{ name: segment, type: string, dimensions: 3 }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].dimensions TYPE: only an embedding has dimensions, this is string',
  ],
  [
    pushed('{ name: vector, type: embedding }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].dimensions LIMIT: an embedding needs its dimensions, a whole number from 1 to 4096',
  ],
  [
    pushed('{ name: vector, type: embedding, dimensions: 3, default: [1, 2] }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].default TYPE: the default has 2 elements, the embedding 3 dimensions',
  ],
  [
    pushed('{ name: segment, type: string, default: 7 }'),
    'wrong.yaml:5: FeatureGroup/wrong.features[0].default TYPE: the default must be of type string, got 7',
  ],
  // Derived feature groups.
  [
    scored('inputs: [spnd]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[0] UNKNOWN_NAME: there is no feature group "spnd"; did you mean "spend"? (allowed: spend, also_spend, profile)',
  ],
  [
    scored('inputs: ["spend@x"]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[0] FORM: cannot read the reference "spend@x"; write group, group@version, group:feature, group@version:feature',
  ],
  [
    scored('inputs: ["spend@9"]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[0] UNKNOWN_NAME: there is no version 9 of "spend" (allowed: spend@1)',
  ],
  [
    scored('inputs: ["spend:amount_sum_24h"]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[0] UNKNOWN_NAME: there is no feature of spend "amount_sum_24h"; did you mean "amount_sum_1h"?',
  ],
  [
    scored('inputs: [spend, spend]'),
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs[1] DUPLICATE: the input "spend" is there twice',
  ],
  [
    scored('inputs: [spend]\nrequestFields: { amount_sum_1h: float }'),
    'wrong.yaml:4: DerivedFeatureGroup/wrong.requestFields.amount_sum_1h DUPLICATE: "amount_sum_1h" is already a feature of an input',
  ],
  [
    derived('inputs: [spend]\nfeatures: [{ name: amount_sum_1h, type: float, expression: "1.0" }]'),
    'wrong.yaml:4: DerivedFeatureGroup/wrong.features[0].name DUPLICATE: the name "amount_sum_1h" is already taken by an input',
  ],
  [
    derived('inputs: [spend]\nfeatures: [{ name: score, type: string, expression: amount_sum_1h }]'),
    'wrong.yaml:4: DerivedFeatureGroup/wrong.features[0].expression TYPE: the expression gives float, the feature is declared string',
  ],
  [
    scored('inputs: [spend]').replace('wrong', 'spend'),
    'wrong.yaml:2: DerivedFeatureGroup/spend.name DUPLICATE: there is a feature group "spend" already',
    'wrong.yaml:3: DerivedFeatureGroup/spend.inputs CYCLE: derived groups read each other in a circle: spend',
  ],
  [
    `${scored('inputs: [other]')}\n---\n${scored('inputs: [wrong]').replace('wrong', 'other')}`,
    'wrong.yaml:3: DerivedFeatureGroup/wrong.inputs CYCLE: derived groups read each other in a circle: wrong, other',
    'wrong.yaml:8: DerivedFeatureGroup/other.inputs CYCLE: derived groups read each other in a circle: wrong, other',
  ],
  // Feature services.
  [
    service('[spend, "spend:amount_sum_1h"]'),
    'wrong.yaml:3: FeatureService/wrong.features[1] DUPLICATE: the feature "amount_sum_1h" is there twice',
  ],
  [
    service('[spend, also_spend]'),
    'wrong.yaml:3: FeatureService/wrong.features[1] DUPLICATE: the feature "amount_sum_1h" is in both "spend" and "also_spend": features of a service have one name each',
  ],
  [
    [wide('a'), wide('b'), wide('c'), service('[a, b, c]')].join('\n---\n'),
    'wrong.yaml:21: FeatureService/wrong.features LIMIT: a service has at most 2000 features, this has 2400',
  ],
  // Variants of a service.
  [
    service('[spend]\nby: customer'),
    'wrong.yaml:4: FeatureService/wrong.by FORM: `by` tells which entity decides over variants, and there are none',
  ],
  [
    service('[spend]\nvariants: []'),
    'wrong.yaml:4: FeatureService/wrong.variants FORM: `variants` must not be empty, got []',
  ],
  [
    service('[spend]\nvariants: [{ name: a, weight: most }]'),
    'wrong.yaml:4: FeatureService/wrong.variants[0].weight FORM: `weight` must be a number, got "most"',
  ],
  [
    service(`[spend]\nvariants: ${list(21, (i) => `{ name: v${i}, weight: 1 }`)}`),
    'wrong.yaml:4: FeatureService/wrong.variants LIMIT: a service has 1 to 20 variants, this has 21',
  ],
  [
    service('[spend]\nvariants: [{ name: a, weight: 1 }, { name: a, weight: 1 }]'),
    'wrong.yaml:4: FeatureService/wrong.variants[1].name DUPLICATE: there is a variant "a" already',
  ],
  [
    service('[spend]\nvariants: [{ name: a, weight: -1 }, { name: b, weight: 1 }]'),
    'wrong.yaml:4: FeatureService/wrong.variants[0].weight LIMIT: a weight is 0 or more, got -1',
  ],
  [
    service('[spend]\nvariants: [{ name: a, weight: 0 }]'),
    'wrong.yaml:4: FeatureService/wrong.variants LIMIT: one variant at least needs a weight above 0: no entity could be served',
  ],
  [
    service('[spend]\nby: custmer\nvariants: [{ name: a, weight: 1 }]'),
    'wrong.yaml:4: FeatureService/wrong.by UNKNOWN_NAME: there is no entity "custmer"; did you mean "customer"?',
  ],
  [
    [
      entity('joinKeys: [{ name: shop, type: string }]'),
      counting('').replace('wrong', 'by_shop').replace('customer', 'wrong'),
      service('[spend, by_shop]\nvariants: [{ name: a, weight: 1 }]'),
    ].join('\n---\n'),
    'wrong.yaml:12: FeatureService/wrong.by FORM: the features belong to customer and wrong: say with `by` which of them decides over the variants',
  ],
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

/** What cannot be removed, or not without something else. */
const REMOVALS: readonly (readonly [removed: Subject, ...faults: string[]])[] = [
  [
    { kind: 'Entity', name: 'customer' },
    'FeatureGroup/spend.entity IN_USE: Entity/customer cannot be removed: FeatureGroup/spend depends on it',
    'FeatureGroup/also_spend.entity IN_USE: Entity/customer cannot be removed: FeatureGroup/also_spend depends on it',
    'FeatureGroup/profile.entity IN_USE: Entity/customer cannot be removed: FeatureGroup/profile depends on it',
  ],
  [
    { kind: 'FeatureGroup', name: 'spend' },
    'FeatureService/checkout.features[0] IN_USE: FeatureGroup/spend cannot be removed: FeatureService/checkout depends on it',
  ],
];

/** Values that YAML does not give and the admin API may be sent. */
const VALUES: readonly (readonly [value: unknown, fault: string])[] = [
  [[], '?/? FORM: a definition must be a mapping'],
  [
    { kind: 'FeatureService', name: 'wrong', features: ['spend'], owner: 'a\0' },
    'FeatureService/wrong.owner FORM: text must not hold NUL or half a character',
  ],
  [
    { kind: 'FeatureService', name: 'wrong', features: ['spend'], tags: { size: 2n ** 63n } },
    'FeatureService/wrong.tags.size FORM: 9223372036854775808 is beyond ±2^53',
  ],
  [
    {
      kind: 'Entity',
      name: 'wrong',
      tags: Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`t${i}`, ''])),
    },
    'Entity/wrong LIMIT: a definition has at most 20000 members',
  ],
];

/** As the registry holds what was applied to an empty one, all of it caught up. */
function registered(text: string): RegistryState {
  const { definitions } = readDefinitions(
    readDocuments(text, 'shop.yaml').documents.map(({ value }) => value),
  );
  const empty: RegistryState = { revision: 0, current: [], history: [], caughtUp: new Set() };
  const decision = decideChanges(empty, definitions, KEEP_ALL);
  if (decision.kind === 'refused') throw new Error(decision.faults.map(({ message }) => message).join('\n'));
  const caughtUp = new Set(definitions.map(({ name }) => `${name}@1`));
  return { revision: 1, current: decision.after, history: decision.after, caughtUp };
}

const shop = registered(SHOP);

function faultsIn(values: readonly unknown[], removal: Removal = KEEP_ALL): readonly LocatedFault[] {
  const decision = decideApply(shop, values, removal);
  return decision.kind === 'accepted' ? [] : decision.faults;
}

/** `wrong.yaml:5: Entity/wrong.joinKeys LIMIT: … (allowed: …)` */
function told(text: string): string[] {
  const { documents } = readDocuments(text, 'wrong.yaml');
  return faultsIn(documents.map(({ value }) => value)).map((fault) => {
    const index = fault.index ?? documents.findLastIndex(({ value }) => isDefinition(value, fault));
    const document = documents[index];
    return `${document ? `${document.file}:${document.lineOf(fault.at)}: ` : ''}${line(fault)}`;
  });
}

function isDefinition(value: unknown, { kind, name }: LocatedFault): boolean {
  const definition = value as Partial<Definition>;
  return definition.kind === kind && definition.name === name;
}

const ALLOWED_SHOWN = 4;

/** As the command line shows it, on one line: what is allowed where the message does not say it. */
function line(fault: LocatedFault): string {
  const { allowed = [], message } = fault;
  const isSaid = allowed.every((choice) => message.includes(choice));
  const more = allowed.length > ALLOWED_SHOWN ? ', …' : '';
  const rest = isSaid ? '' : ` (allowed: ${allowed.slice(0, ALLOWED_SHOWN).join(', ')}${more})`;
  return `${pathOf(fault)} ${fault.code}: ${message}${rest}`;
}

describe('a wrong definition is told what is wrong, where, and what is allowed', () => {
  it.each(WRONG.map(([document, ...faults]) => ({ document, faults })))('$faults', ({ document, faults }) => {
    expect(told(document)).toEqual(faults);
  });

  it.each(REMOVALS.map(([removed, ...faults]) => ({ removed, faults })))('$faults', ({ removed, faults }) => {
    expect(faultsIn([], { prune: false, remove: [removed] }).map(line)).toEqual(faults);
  });

  it.each(VALUES.map(([value, fault]) => ({ value, fault })))('$fault', ({ value, fault }) => {
    expect(faultsIn([value]).map(line)).toEqual([fault]);
  });
});

/** Where rules are, and how they tell. */
const SOURCES = ['libs/core/src/plan', 'libs/core/src/expressions', 'libs/registry/src'];

/** The parser refuses such a text before: the rules are there for its types. */
const UNREACHABLE: readonly RegExp[] = [/^the first argument of .* must be a name/, /^optional access /];

describe('every rule', () => {
  it('has its message in this table', () => {
    const messages = [...WRONG, ...REMOVALS, ...VALUES]
      .flatMap(([, ...faults]) => faults)
      .map((fault) => fault.slice(fault.search(/ [A-Z_]+: /)).replace(/^ [A-Z_]+: /, ''));
    const templates = SOURCES.flatMap((folder) => messageTemplates(path.resolve(folder)));
    expect(templates.length).toBeGreaterThan(90);
    const missing = templates.filter(
      (template) =>
        !UNREACHABLE.some((rule) => rule.test(template)) &&
        !messages.some((message) => patternOf(template).test(message)),
    );
    expect(missing).toEqual([]);
  });
});

/** A template with `…` for what is inserted. */
const INSERTED = '…';

function patternOf(template: string): RegExp {
  const parts = template.split(INSERTED).map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`, 's');
}

/** Every message that the files of a folder hand to a sink of faults, an ExpressionError or a fault. */
function messageTemplates(folder: string): string[] {
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
