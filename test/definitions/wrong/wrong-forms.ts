import type { Subject } from '@millrace/registry';
import {
  aggregation,
  counting,
  derived,
  entity,
  list,
  scored,
  service,
  source,
  wide,
  type WrongDocument,
} from './wrong-document.js';

/** Wrong of form, name or reference: every kind but groups from sources. */
export const WRONG_FORMS: readonly WrongDocument[] = [
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
    'wrong.yaml:3: FeatureService/wrong.features[1] DUPLICATE: the feature "amount_sum_1h" is in both "spend" and "also_spend": leave one out by naming those that you want ("also_spend:…"), or give one another name',
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
];

/** What cannot be removed, or not without something else. */
export const REMOVALS: readonly (readonly [removed: Subject, ...faults: string[]])[] = [
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
export const VALUES: readonly (readonly [value: unknown, fault: string])[] = [
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
