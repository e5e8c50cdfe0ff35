import { compileGroup, type FeatureValue, type GroupEngine } from '@millrace/core';
import { median, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { disagreements } from './check.js';
import { EVERY_FUNCTION, FOUR_WINDOWS, groupOf, nameOf, NUMERIC, windowsUpToADay } from './groups.js';
import { applyAll, nsPerEvent, readCost } from './measure.js';
import { streamOf, type Stream } from './streams.js';

const HOUR = 3_600_000;
const WINDOW_COUNTS = [1, 4, 10, 50];
const FINISH_US_MAX = 50;

/** W6: what windows and functions cost, per event and per read, without any I/O. */
export const windows: Workload = {
  name: 'W6',
  about: 'window engine: 1 to 50 windows, every function; a hot key at 10 events/s over 12 h, a quiet one',
  async run({ scale, repetitions, say }) {
    const hot = streamOf(Math.round(432_000 * scale), 12 * HOUR, 1);
    const quiet = streamOf(20, 12 * HOUR, 2);
    checkAnswers(hot);

    const engines = WINDOW_COUNTS.map((count) => compileGroup(groupOf(NUMERIC, windowsUpToADay(count))));
    const four = compileGroup(groupOf(NUMERIC, FOUR_WINDOWS));
    for (const engine of [...engines, four]) nsPerEvent(engine, hot);
    const ratios: number[] = [];
    const rates: number[] = [];
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      const costs = engines.map((engine) => nsPerEvent(engine, hot));
      ratios.push(costs[0]! / costs.at(-1)!);
      rates.push(1e9 / nsPerEvent(four, hot));
      const perCount = costs.map((cost, i) => `${WINDOW_COUNTS[i]}: ${cost.toFixed(0)} ns`).join(', ');
      say(
        `${repetition}: per event with windows ${perCount}; four of the table ${Math.round(rates.at(-1)!)} events/s`,
      );
    }
    say(
      `ratio of one window's time to fifty's ${spread(ratios)}, events/s over four windows ${spread(rates, 0)}`,
    );
    say('');
    say('five numeric features            bytes   finish µs   load + finish µs');
    engines.forEach((engine, i) => sayReads(say, `${WINDOW_COUNTS[i]} windows, hot`, engine, hot));
    sayReads(say, '50 windows, quiet', engines.at(-1)!, quiet);
    say('');
    say('function over four windows       ns/event   bytes quiet   bytes hot   finish µs   load + finish µs');
    for (const measured of EVERY_FUNCTION) {
      const engine = compileGroup(groupOf([measured], FOUR_WINDOWS));
      const ns = median([nsPerEvent(engine, hot), nsPerEvent(engine, hot), nsPerEvent(engine, hot)]);
      const read = readCost(engine, hot);
      const bytesQuiet = engine.encode(applyAll(engine, quiet)).length;
      say(
        nameOf(measured).padEnd(32) +
          ns.toFixed(0).padStart(9) +
          String(bytesQuiet).padStart(14) +
          String(read.bytes).padStart(12) +
          read.finishUs.toFixed(1).padStart(12) +
          read.readUs.toFixed(1).padStart(19) +
          (read.finishUs > FINISH_US_MAX ? `   over ${FINISH_US_MAX} µs` : ''),
      );
    }
    return `ratio ${median(ratios).toFixed(2)}, ${Math.round(median(rates))} events/s`;
  },
};

function sayReads(say: (line: string) => void, label: string, engine: GroupEngine, stream: Stream): void {
  const { bytes, finishUs, readUs } = readCost(engine, stream);
  say(
    label.padEnd(30) +
      String(bytes).padStart(8) +
      finishUs.toFixed(1).padStart(12) +
      readUs.toFixed(1).padStart(19),
  );
}

/** A wrong answer voids the speed: every function is compared with the naive one over the newest rows. */
function checkAnswers(hot: Stream): void {
  const wrong = EVERY_FUNCTION.flatMap((measured) => {
    const plan = groupOf([measured], FOUR_WINDOWS);
    const engine = compileGroup(plan);
    const timeline = applyAll(engine, hot);
    const values: FeatureValue[] = [];
    engine.finish(timeline, hot.end, values);
    return disagreements(plan, hot, values, engine.evidence(timeline, hot.end));
  });
  if (wrong.length > 0) throw new Error(`The engine disagrees with the oracle:\n${wrong.join('\n')}`);
}
