import { open, readdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestRedis } from '../kit/index.js';
import type { FaultTest } from './fault-test.js';
import { recovery, underLoad } from './under-load.js';

/** Cut from the end of the file: the last command, and some whole ones before it. */
const CUT_BYTES = 20_000;

/**
 * F5: what a machine that lost its power can leave of the append-only file: a file whose end is missing, which Redis
 * loads up to its last whole command, and one with a bit flipped, which it refuses. What was acknowledged in the part
 * that is missing is lost, and stated here; nothing may be doubled, because ids, log, states and offset lie in one
 * file in the order in which they changed.
 */
export const damageFile: FaultTest = {
  name: 'F5',
  about: 'the append-only file of Redis: its end is cut off, a bit of it is flipped',
  async run(options) {
    let refused = 0;
    const { verdict, result } = await underLoad(options, { workers: 2 }, async ({ world, load }) => {
      await delay(1_500 * (options.rounds ?? 1));
      const accepted = load.accepted;
      await world.server.kill();
      const file = await appendOnlyFile(world.server);
      await flipBit(file);
      await world.server.restart().catch(() => refused++);
      await flipBit(file);
      await truncate(file, (await stat(file)).size - CUT_BYTES);
      await world.server.restart();
      await world.reconnected();
      await recovery(world);
      return accepted;
    });
    const { lost, dup } = verdict;
    options.say(`${result} events were accepted before; each that was in the cut part is lost`);
    return {
      figures: `cut ${CUT_BYTES} bytes lost ${lost} dup ${dup} bit-flipped-file refused ${refused}`,
      passed: dup === 0 && lost <= result && refused === 1,
    };
  },
};

/** Redis keeps what changed since the last rewrite in the newest incremental file. */
async function appendOnlyFile({ folder }: TestRedis): Promise<string> {
  const files = await readdir(path.join(folder, 'appendonlydir'));
  const newest = files
    .filter((name) => name.endsWith('.incr.aof'))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error(`no append-only file among ${files.join(', ')}`);
  return path.join(folder, 'appendonlydir', newest);
}

/** Flips a bit of the byte that begins the first command; flipping it again repairs it. */
async function flipBit(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, 0);
    byte[0] = (byte[0] as number) ^ 1;
    await handle.write(byte, 0, 1, 0);
  } finally {
    await handle.close();
  }
}
