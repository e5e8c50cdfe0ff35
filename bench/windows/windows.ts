import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compileGroup, type FeatureValue } from '@millrace/core';
import { median, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { disagreements } from './check.js';
import { EVERY_FUNCTION, FOUR_WINDOWS, groupOf } from './groups.js';
import { applyAll, type ReadCost } from './measure.js';
import { WINDOW_COUNTS, type Repetition } from './repetition.js';
import { streamOf, type Stream } from './streams.js';

const HOUR = 3_600_000;
const FINISH_US_MAX = 50;
/** A tenth of what is measured: the naive engine takes ten times as long for it as all of ours. */
const CHECKED_EVENTS = 43_200;

/** W6: what windows and functions cost, per event and per read, without any I/O. */
export const windows: Workload = {
  name: 'W6',
  about: 'window engine: 1 to 50 windows, every function; a hot key at 10 events/s over 12 h, a quiet one',
  async run({ scale, repetitions, say }) {
    checkAnswers(streamOf(Math.round(CHECKED_EVENTS * scale), 12 * HOUR, 1));
    const all: Repetition[] = [];
    for (let number = 1; number <= repetitions; number++) {
      const repetition = await repetitionInAProcess(scale);
      all.push(repetition);
      const perCount = repetition.nsByCount.map((ns, i) => `${WINDOW_COUNTS[i]}: ${ns.toFixed(0)} ns`);
      say(
        `${number}: per event with windows ${perCount.join(', ')}; four of the table ${rateOf(repetition).toFixed(0)} ` +
          `events/s; watching the core ${repetition.watchUs} µs`,
      );
    }
    const ratios = all.map(({ nsByCount }) => nsByCount[0]! / nsByCount.at(-1)!);
    const rates = all.map(rateOf);
    say(
      `ratio of one window's time to fifty's ${spread(ratios)}, events/s over four windows ${spread(rates, 0)}`,
    );
    sayShapes(all, say);
    sayFunctions(all, say);
    return `ratio ${median(ratios).toFixed(2)}, ${Math.round(median(rates))} events/s`;
  },
};

/** A wrong answer voids the speed: every function is compared with the naive one over the newest rows. */
function checkAnswers(stream: Stream): void {
  const wrong = EVERY_FUNCTION.flatMap((measured) => {
    const plan = groupOf([measured], FOUR_WINDOWS);
    const engine = compileGroup(plan);
    const timeline = applyAll(engine, stream);
    const values: FeatureValue[] = [];
    engine.finish(timeline, stream.end, values);
    return disagreements(plan, stream, values, engine.evidence(timeline, stream.end));
  });
  if (wrong.length > 0) throw new Error(`The engine disagrees with the oracle:\n${wrong.join('\n')}`);
}

/** Each repetition has a process of its own: what was compiled, and where memory lies, is drawn anew. */
async function repetitionInAProcess(scale: number): Promise<Repetition> {
  const child = fork(new URL('./repetition-process.js', import.meta.url), [String(scale)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A repetition ended with ${String(code)} before it told anything`);
  });
  const [repetition] = (await Promise.race([once(child, 'message'), ended])) as [Repetition];
  ended.catch(() => undefined);
  return repetition;
}

function rateOf({ nsOfFour }: Repetition): number {
  return 1e9 / nsOfFour;
}

function sayShapes(all: readonly Repetition[], say: (line: string) => void): void {
  say('');
  say(`five numeric features                                    bytes${READ_HEAD}`);
  all[0]?.shapes.forEach(({ name, read }, i) => {
    const reads = all.map(({ shapes }) => shapes[i]!.read);
    say(name.padEnd(52) + String(read.bytes).padStart(10) + readColumns(reads));
  });
}

function sayFunctions(all: readonly Repetition[], say: (line: string) => void): void {
  say('');
  say(`function over four windows       ns/event   bytes quiet   bytes hot${READ_HEAD}`);
  all[0]?.functions.forEach(({ name, bytesQuiet, read }, i) => {
    const figures = all.map(({ functions }) => functions[i]!);
    const ns = median(figures.map(({ nsPerEvent }) => nsPerEvent));
    say(
      name.padEnd(32) +
        ns.toFixed(0).padStart(9) +
        String(bytesQuiet).padStart(14) +
        String(read.bytes).padStart(12) +
        readColumns(figures.map((figure) => figure.read)),
    );
  });
}

const READ_HEAD = '          finish µs    slowed too    load + finish µs';

/** Medians over the processes with the least and the greatest; of finishing also with what was slowed. */
function readColumns(reads: readonly ReadCost[]): string {
  const finish = reads.map((read) => read.finish.us);
  const anyFinish = reads.map((read) => read.finish.anyUs);
  const whole = reads.map((read) => read.read.us);
  return (
    spread(finish, 1).padStart(19) +
    median(anyFinish).toFixed(1).padStart(14) +
    spread(whole, 0).padStart(20) +
    (median(finish) > FINISH_US_MAX ? `   over ${FINISH_US_MAX} µs` : '')
  );
}
