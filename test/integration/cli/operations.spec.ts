import { EventLog } from '@millrace/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../tools/cli/program.js';
import { ledgerFrame, ledgerPlan } from '../../simulation/ledger-plan.js';
import { LedgerWorker } from '../../simulation/ledger-runtime.js';
import { runApi, type RunningApi } from '../serving/running-api.js';

const PLAN = ledgerPlan({ partitions: 2 });
const NUMBERS = [1, -2, -3, -4];

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN);
  const log = new EventLog(api.redis, api.keys);
  const frame = ledgerFrame(NUMBERS.map((n) => ['x', n] as const));
  await log.append({ partition: 'actor.0', frame, events: NUMBERS.length, newestEventTime: 1_000 });
  await new LedgerWorker(api.redis, api.keys, PLAN, { refuses: 0 }).runner.run('actor.0');
});

afterAll(() => api.stop());

async function millrace(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await runCommandLine(argv, { MILLRACE_API_URL: api.url }, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function keptIds(): Promise<string[]> {
  const { out } = await millrace('dead-letters', 'list', '-o', 'json');
  return (JSON.parse(out) as { id: string }[]).map(({ id }) => id);
}

describe('millrace partitions', () => {
  it('shows every partition, or those of one entity', async () => {
    const { out } = await millrace('partitions');
    expect(out).toMatch(/^PARTITION +LAG MS +WAITING +APPLIED +NEWEST EVENT +DEAD LETTERS +OFFSET +WORKER\n/);
    expect(out).toMatch(/\nactor\.0 +0 +0 +4 +1970-01-01T00:00:01\.000Z +3 +\d+-0 +test-/);
    const { out: yaml } = await millrace('partitions', '--entity', 'actor', '-o', 'yaml');
    expect(yaml).toContain('- partition: actor.1\n');
    expect(await millrace('partitions', '--entity', 'actr')).toMatchObject({
      code: 1,
      err: 'NOT_FOUND: there is no entity "actr"; did you mean "actor"?',
    });
  });
});

describe('millrace dead-letters', () => {
  it('lists them with the reason, and shows one with its event', async () => {
    const { out } = await millrace('dead-letters', 'list', '--group', 'ledger@1', '--limit', '2');
    expect(out).toMatch(/^ID +AT +GROUP +ENTITY ID +CODE +MESSAGE\nactor\.0:\S+ +\S+Z +ledger@1 +x +/);
    expect(out.split('\n').map((line) => line.split('  ').at(-1))).toEqual([
      'MESSAGE',
      '-2 is below 0',
      '-3 is below 0',
    ]);
    const [first = ''] = await keptIds();
    const sheet = (await millrace('dead-letters', 'inspect', first)).out;
    expect(sheet).toContain('"n":-2');
    expect(sheet).toMatch(new RegExp(`^id +${first}\n`));
    const last = (await keptIds()).at(-1) ?? '';
    expect((await millrace('dead-letters', 'list', '--after', last)).out).toBe(
      'there are no more dead letters',
    );
    expect((await millrace('dead-letters', 'show', first, '-o', 'yaml')).out).toContain('code: APPLY_FAILED');
  });

  it('lists those of all versions of a group, and refuses an id that no page ended with', async () => {
    const listed = async (group: string): Promise<unknown[]> =>
      JSON.parse((await millrace('dead-letters', 'list', '--group', group, '-o', 'json')).out) as unknown[];
    expect([await listed('ledger'), await listed('ledger@1')].map(({ length }) => length)).toEqual([3, 3]);
    expect([await listed('ledge'), await listed('ledger@2')]).toEqual([[], []]);
    expect(await millrace('dead-letters', 'list', '--after', 'nonsense')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^BAD_REQUEST: after: expected an id .* got "nonsense"$/) as string,
    });
  });

  it('replays and drops some, and says which are not there', async () => {
    const [first = '', second = '', third = ''] = await keptIds();
    expect(await millrace('dead-letters', 'replay', first)).toMatchObject({
      code: 0,
      out: `dead letter ${first} is in the log again`,
    });
    expect((await millrace('dead-letters', 'drop', second, third)).code).toBe(0);
    expect((await millrace('dead-letters', 'list')).out).toBe('there are no dead letters');
    expect(await millrace('dead-letters', 'drop', second)).toMatchObject({
      code: 1,
      err: `NOT_FOUND: there is no dead letter "${second}"`,
    });
  });
});
