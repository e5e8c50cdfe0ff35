import { MillraceError } from '@millrace/core';
import type { CompiledPlan, PlanWatcher } from '@millrace/redis';
import type { ServingPlan } from '@millrace/serving';

/** The plan that this process runs. Take it once per request. @throws MillraceError NOT_READY. */
export function loadedPlan(plan: PlanWatcher<ServingPlan>): CompiledPlan<ServingPlan> {
  if (plan.current) return plan.current;
  throw new MillraceError('NOT_READY', 'no plan is loaded yet', { retryAfterMs: 1_000 });
}
