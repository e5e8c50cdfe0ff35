import { Proxy } from '../../faults/proxy.js';
import { PLAN, PURCHASES } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

/** Of one request, and of all that are in flight. */
export const ROWS_MAX = 10;

/** An api that reaches its Redis through a proxy, which can fall silent; customer 1 has bought something. */
export async function runApiBehindProxy(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly api: RunningApi; readonly proxy: Proxy; readonly stop: () => Promise<void> }> {
  let proxy: Proxy | undefined;
  const api = await runApi(
    PLAN,
    {
      MILLRACE_ENTITIES_PER_REQUEST_MAX: String(ROWS_MAX),
      MILLRACE_ROWS_IN_FLIGHT_MAX: String(ROWS_MAX),
      ...environment,
    },
    async ({ port }) => {
      proxy = await Proxy.before(port);
      return proxy.url;
    },
  );
  if (!proxy) throw new Error('the api was not started behind the proxy');
  const between = proxy;
  await api.store(PURCHASES, ['1'], [{ at: Date.now() - 1_000, values: { amount: 1 } }]);
  const stop = async (): Promise<void> => {
    await api.stop();
    await between.close();
  };
  return { api, proxy: between, stop };
}
