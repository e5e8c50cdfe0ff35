import type { Instant } from '@millrace/core';

/** What was served of one feature through one service. */
export interface FeatureUsage {
  /** Undefined for reads that name their features themselves. */
  readonly service: string | undefined;
  /** Where the service splits entities over variants: through which one. */
  readonly variant: string | undefined;
  /** `group@version:feature` */
  readonly feature: string;
  /** Values served, by status number (STATUS); their sum is how often the feature was read. */
  readonly byStatus: readonly number[];
  readonly lastReadAt: Instant;
}

/** Where the usage of all api processes adds up. */
export interface UsageStore {
  /** Adds what one process has served since it last did. @throws MillraceError REDIS_UNAVAILABLE. */
  add(served: readonly FeatureUsage[]): Promise<void>;
  /** The totals, in the order of services and features. @throws MillraceError REDIS_UNAVAILABLE. */
  read(): Promise<FeatureUsage[]>;
}
