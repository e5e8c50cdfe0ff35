import { encodeFrame, type FrameLayout, type PlanDocument } from '@millrace/core';

/** One entity, one source, one group over the field `n`: what the runtime's tests run. */
export function ledgerPlan(options: {
  readonly partitions: number;
  readonly where?: string;
  /** The versions of the group that the plan has; default the first. */
  readonly versions?: readonly number[];
  readonly revision?: number;
}): PlanDocument {
  const { versions = [1], revision = 1 } = options;
  return {
    revision,
    entities: [
      { name: 'actor', joinKeys: [{ name: 'actor', type: 'string' }], partitions: options.partitions },
    ],
    sources: [
      {
        name: 'numbers',
        version: 1,
        type: 'stream',
        fields: [
          { name: 'actor', type: 'string' },
          { name: 'n', type: 'int' },
          { name: 'at', type: 'timestamp' },
        ],
        timestampField: 'at',
      },
    ],
    groups: versions.map((version) => ({
      kind: 'aggregated',
      name: 'ledger',
      version,
      entity: 'actor',
      source: 'numbers',
      keyFields: ['actor'],
      ...(options.where !== undefined && { where: options.where }),
      derive: [],
      inputs: [{ name: 'n', type: 'int' }],
      filters: [],
      windows: [{ kind: 'sliding', lengthMs: 3_600_000 }],
      features: [{ name: 'count_1h', type: 'int', function: { kind: 'count' }, window: 0 }],
      budget: 128,
      resolution: 1 / 64,
    })),
    derivedGroups: [],
    services: [],
  };
}

const LAYOUT: FrameLayout = {
  source: 'numbers',
  route: 'actor(actor)',
  columns: [
    { name: 'actor', type: 'string' },
    { name: 'n', type: 'int' },
    { name: 'at', type: 'timestamp' },
  ],
};

/** A frame of `[actor, n]` events at one event time. */
export function ledgerFrame(events: readonly (readonly [actor: string, n: number])[], at = 1_000): Buffer {
  return encodeFrame(LAYOUT, {
    rows: events.map((_, row) => row),
    entityIds: events.map(([actor]) => actor),
    eventTime: events.map(() => at),
    columns: [
      { kind: 'string', values: events.map(([actor]) => actor) },
      { kind: 'number', values: Float64Array.from(events, ([, n]) => n) },
      { kind: 'number', values: Float64Array.from(events, () => at) },
    ],
  });
}
