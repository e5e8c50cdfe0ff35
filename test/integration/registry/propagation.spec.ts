import { closeRedis, Keys, openRedis, PlanStore, PlanWatcher, ProcessRegister } from '@millrace/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommandLine } from '../../../tools/cli/program.js';
import { waitFor } from '../../kit/index.js';
import { runRegistry, type RunningRegistry } from './running-registry.js';

let registry: RunningRegistry;
let redis: ReturnType<typeof openRedis>;
let watcher: PlanWatcher<true>;
/** The first plan that the worker below cannot compile. */
let incompatibleFrom = Infinity;

beforeAll(async () => {
  registry = await runRegistry();
  redis = openRedis({ url: registry.redisUrl, role: 'request', name: 'test' });
  const register = new ProcessRegister(redis, new Keys());
  watcher = new PlanWatcher(new PlanStore(redis, new Keys()), {
    compile: ({ revision }) => {
      if (revision >= incompatibleFrom) throw new Error('unknown function "mode"');
      return true;
    },
    lookEveryMs: 50,
    announce: (standing) => register.announce({ kind: 'worker', id: 'w1', ...standing }),
  });
  await watcher.start();
});

afterAll(async () => {
  watcher.stop();
  await closeRedis(redis);
  await registry.stop();
});

const SOON = { deadlineMs: 10_000 };

const entity = (description: string): object => ({
  kind: 'Entity',
  name: 'airport',
  description,
  joinKeys: [{ name: 'airport', type: 'string' }],
});

const apply = (description: string, timeoutMs = 20_000): ReturnType<RunningRegistry['request']> =>
  registry.request('POST', '/v1/apply', { definitions: [entity(description)], wait: true, timeoutMs });

it('an apply that waits answers when every live process runs its plan', async () => {
  const { body } = await apply('an airport');
  expect(body['running']).toEqual({ everywhere: true, processes: 2, behind: [] });
  const { body: live } = await registry.request('GET', '/v1/processes');
  const revision = body['revision'];
  expect(live['processes']).toMatchObject([
    { kind: 'api', revision },
    { kind: 'worker', id: 'w1', revision },
  ]);
});

it('an apply that waits names the process that cannot load the plan, which keeps the old one', async () => {
  const before = watcher.current?.document.revision ?? 0;
  incompatibleFrom = before + 1;
  const { body } = await apply('an airport with runways', 1_000);
  const reason = `plan ${before + 1} could not be loaded (unknown function "mode"); it goes on with plan ${before}`;
  expect(body['running']).toEqual({
    everywhere: false,
    processes: 2,
    behind: [{ kind: 'worker', id: 'w1', reason }],
  });
  expect(watcher.current?.document.revision).toBe(before);
});

it('the command line waits too, and fails where the plan did not come everywhere', async () => {
  const said: string[] = [];
  const terminal = { out: () => {}, err: (text: string) => void said.push(text) };
  const code = await runCommandLine(
    ['apply', 'examples/flights', '--wait', '--timeout', '300ms'],
    { MILLRACE_API_URL: registry.url },
    terminal,
  );
  expect(code).toBe(1);
  expect(said.join('\n')).toContain('but 1 of 2 processes do not run it:\n  worker w1: plan ');
});

it('a process that cannot load the newest plan is ready, and says so', async () => {
  const { body } = await registry.request('GET', '/readyz');
  expect(body).toEqual({ status: 'ready' });
  const plans = new PlanStore(redis, new Keys());
  const newest = await plans.load();
  if (!newest) throw new Error('no plan');
  const revision = newest.revision + 1;
  await redis.hset(new Keys().plan, 'revision', revision, 'document', '{ torn');
  await waitFor(
    'the api says that it keeps the old plan',
    async () => {
      const { status, body: told } = await registry.request('GET', '/readyz');
      return (
        status === 200 && JSON.stringify(told['degraded'] ?? '').includes(`plan ${revision} could not be`)
      );
    },
    SOON,
  );
  const metrics = await (await fetch(`${registry.url}/metrics`)).text();
  expect(metrics).toContain(`millrace_plan_refused_revision{process="api"} ${revision}`);
  expect(metrics).toContain(`millrace_plan_revision{process="api"} ${newest.revision}`);
  await redis.hset(new Keys().plan, 'revision', newest.revision, 'document', JSON.stringify(newest));
  await waitFor(
    'the api is well again',
    async () => {
      const { body: told } = await registry.request('GET', '/readyz');
      return told['degraded'] === undefined;
    },
    SOON,
  );
});
