import type { AggregatedGroupPlan, DerivedGroupPlan, PlanDocument, PushedGroupPlan } from '@millrace/core';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Purchases of customers: ints that need 64 bits, floats, texts; null for what an empty window has no value for. */
export const PURCHASES: AggregatedGroupPlan = {
  kind: 'aggregated',
  name: 'purchases',
  version: 2,
  entity: 'customer',
  source: 'orders',
  keyFields: ['customer_id'],
  ttlMs: 7 * DAY_MS,
  derive: [],
  inputs: [
    { name: 'amount', type: 'float' },
    { name: 'order_id', type: 'int' },
    { name: 'shop', type: 'string' },
  ],
  filters: [],
  windows: [{ kind: 'sliding', lengthMs: HOUR_MS }, { kind: 'lifetime' }],
  features: [
    { name: 'count_1h', type: 'int', function: { kind: 'count' }, window: 0 },
    { name: 'amount_sum_1h', type: 'float', function: { kind: 'sum' }, input: 0, window: 0 },
    { name: 'amount_mean_1h', type: 'float', function: { kind: 'mean' }, input: 0, window: 0 },
    { name: 'order_id_last_lifetime', type: 'int', function: { kind: 'last' }, input: 1, window: 1 },
    {
      name: 'shop_last_lifetime',
      type: 'string',
      function: { kind: 'last' },
      input: 2,
      window: 1,
      default: 'nowhere',
    },
  ],
  budget: 128,
  resolution: 1 / 64,
};

/** Trips between two places: an entity with a composite key. */
export const TRIPS: AggregatedGroupPlan = {
  ...PURCHASES,
  name: 'trips',
  version: 1,
  entity: 'route',
  source: 'trips',
  keyFields: ['origin', 'destination'],
  inputs: [],
  windows: [{ kind: 'sliding', lengthMs: DAY_MS }],
  features: [{ name: 'count_24h', type: 'int', function: { kind: 'count' }, window: 0 }],
};

/** Pushed values of every type that a feature may have. */
export const PROFILE: PushedGroupPlan = {
  kind: 'pushed',
  name: 'profile',
  version: 1,
  entity: 'customer',
  source: 'profile_push',
  keyFields: ['customer'],
  ttlMs: 30 * DAY_MS,
  features: [
    { name: 'logins', type: 'int' },
    { name: 'score', type: 'float' },
    { name: 'segment', type: 'string', default: 'new' },
    { name: 'active', type: 'bool' },
    { name: 'joined', type: 'timestamp' },
    { name: 'token', type: 'bytes' },
    { name: 'ids', type: 'int_list' },
    { name: 'weights', type: 'float_list' },
    { name: 'labels', type: 'string_list' },
    { name: 'vector', type: 'embedding', dimensions: 3 },
  ],
};

/** Pushed values of an entity with a composite key. */
export const TOLLS: PushedGroupPlan = {
  kind: 'pushed',
  name: 'tolls',
  version: 1,
  entity: 'route',
  source: 'toll_push',
  keyFields: ['origin', 'destination'],
  features: [{ name: 'toll', type: 'float' }],
};

/** Computed at the read from purchases, from the request, and from each other. */
export const RISK: DerivedGroupPlan = {
  name: 'risk',
  version: 3,
  inputs: [{ group: 'purchases', version: 2 }],
  requestFields: [{ name: 'amount', type: 'float' }],
  features: [
    { name: 'amount_to_mean', type: 'float', expression: 'amount / amount_mean_1h' },
    { name: 'frequency', type: 'float', expression: 'clip(count_1h / 4.0, 0.0, 1.0)' },
    { name: 'score', type: 'float', expression: 'frequency * 10.0', default: -1 },
    { name: 'loud_shop', type: 'string', expression: "shop_last_lifetime + '!'" },
  ],
};

/** Reads another derived group. */
export const VERDICT: DerivedGroupPlan = {
  name: 'verdict',
  version: 1,
  inputs: [{ group: 'risk', version: 3 }],
  requestFields: [],
  features: [{ name: 'suspicious', type: 'bool', expression: 'score > 4.0' }],
};

export const PLAN: PlanDocument = {
  revision: 1,
  entities: [
    { name: 'customer', joinKeys: [{ name: 'customer_id', type: 'int' }], partitions: 16 },
    {
      name: 'route',
      joinKeys: [
        { name: 'origin', type: 'string' },
        { name: 'destination', type: 'string' },
      ],
      partitions: 4,
    },
  ],
  sources: [
    {
      name: 'profile_push',
      version: 1,
      type: 'push',
      timestampField: 'updated_at',
      fields: [
        { name: 'customer', type: 'int' },
        { name: 'updated_at', type: 'timestamp' },
        ...PROFILE.features.map(({ name, type }) => ({ name, type })),
      ],
    },
    {
      name: 'toll_push',
      version: 1,
      type: 'push',
      timestampField: 'at',
      fields: [
        { name: 'origin', type: 'string' },
        { name: 'destination', type: 'string' },
        { name: 'at', type: 'timestamp' },
        { name: 'toll', type: 'float' },
      ],
    },
  ],
  groups: [PURCHASES, TRIPS, PROFILE, TOLLS],
  derivedGroups: [VERDICT, RISK],
  services: [
    {
      name: 'fraud_detection',
      version: 1,
      features: PURCHASES.features.map(({ name }) => ({ group: 'purchases', version: 2, feature: name })),
    },
    {
      name: 'trip_check',
      version: 1,
      features: [
        { group: 'trips', version: 1, feature: 'count_24h' },
        { group: 'purchases', version: 2, feature: 'count_1h' },
      ],
    },
  ],
};
