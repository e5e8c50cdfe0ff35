import { commandFault } from './command-fault.js';
import type { RedisConnection } from './connection.js';
import type { Keys } from './keys.js';
import { RedisScript } from './script.js';

const SCRIPTS = {
  append: RedisScript.beside(import.meta.url, 'append-allowed'),
  commit: RedisScript.beside(import.meta.url, 'commit-allowed'),
};

/**
 * Why Redis would not take an append, or the commit of a turn: what it says, or that it did not answer within the time-out
 * of the connection. Undefined where it would; PING it answers also when it takes no write.
 */
export async function writeRefusal(
  what: keyof typeof SCRIPTS,
  redis: RedisConnection,
  keys: Keys,
): Promise<string | undefined> {
  try {
    await SCRIPTS[what].run(redis, [keys.plan], []);
    return undefined;
  } catch (error) {
    return commandFault(error);
  }
}
