import { compileTurnPrograms, type TurnProgram } from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import { ledgerEngine } from './ledger-engine.js';
import { ledgerPlan } from './ledger-plan.js';

export const PARTITIONS: readonly PartitionName[] = ['actor.0', 'actor.1'];

/**
 * The plans of a simulated world, by revision from 1 on, as the versions of the one group that each has: a second
 * version comes, the first one goes, and comes back, as it does when a service is pinned to it again.
 */
const HISTORY: readonly (readonly number[])[] = [[1], [1, 2], [2], [1, 2]];

export const LATEST_REVISION = HISTORY.length;

const programs = HISTORY.map((versions, i) =>
  compileTurnPrograms(ledgerPlan({ partitions: PARTITIONS.length, versions, revision: i + 1 }), (group) =>
    ledgerEngine(group, 0),
  ),
);

export const versionsUnder = (revision: number): readonly number[] => HISTORY[revision - 1] ?? [];

export const programUnder = (revision: number, entity: string): TurnProgram | undefined =>
  programs[revision - 1]?.get(entity);
