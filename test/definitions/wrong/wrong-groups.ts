import {
  aggregation,
  counting,
  derived,
  group,
  groupOf,
  hours,
  list,
  pushed,
  quantiles,
  type WrongDocument,
} from './wrong-document.js';

/** Wrong feature groups: aggregations, functions, windows, pushed features. */
export const WRONG_GROUPS: readonly WrongDocument[] = [
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
  [
    derived('inputs: [spend]\nfeatures: [{ name: score, type: int, expression: "1", default: 1e300 }]'),
    'wrong.yaml:4: DerivedFeatureGroup/wrong.features[0].default TYPE: the default must be of type int, got 1e+300',
  ],
];
