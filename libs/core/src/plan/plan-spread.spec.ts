import { describe, expect, it } from 'vitest';
import { planSpread, refusalOf, type LiveProcess } from './plan-spread.js';

const api: LiveProcess = { kind: 'api', id: 'a', revision: 7 };
const worker: LiveProcess = { kind: 'worker', id: 'w', revision: 7 };

describe('a plan', () => {
  it('is everywhere when every process runs it or a newer one', () => {
    expect(planSpread([api, { ...worker, revision: 8 }], 7)).toEqual({
      everywhere: true,
      processes: 2,
      behind: [],
    });
  });

  it('is not everywhere while one process runs an older one, or none', () => {
    const { everywhere, behind } = planSpread(
      [api, { ...worker, revision: 6 }, { kind: 'ingest', id: 'i' }],
      7,
    );
    expect(everywhere).toBe(false);
    expect(behind).toEqual([
      { kind: 'worker', id: 'w', reason: 'it runs plan 6' },
      { kind: 'ingest', id: 'i', reason: 'it has no plan yet' },
    ]);
  });

  it('is not everywhere when no process is known', () => {
    expect(planSpread([], 7)).toEqual({ everywhere: false, processes: 0, behind: [] });
  });

  it('is told with the reason of a process that could not load it', () => {
    const refused = { revision: 7, reason: 'unknown function "mode"' };
    expect(planSpread([{ ...worker, revision: 6, refused }], 7).behind).toEqual([
      {
        kind: 'worker',
        id: 'w',
        reason: 'plan 7 could not be loaded (unknown function "mode"); it goes on with plan 6',
      },
    ]);
  });
});

it('a process that loaded everything has nothing to tell', () => {
  expect(refusalOf(api)).toBeUndefined();
});
