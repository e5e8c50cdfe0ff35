import { compileGroup, type GroupEngine } from '@millrace/core';
import { median } from '../figures.js';
import { CoreWatch } from './core-watch.js';
import { EVERY_FUNCTION, FOUR_WINDOWS, groupOf, nameOf, NUMERIC, windowsUpToADay } from './groups.js';
import { applied, applyAll, readCost, type ReadCost } from './measure.js';
import { streamOf, type Stream } from './streams.js';

const HOUR = 3_600_000;
export const WINDOW_COUNTS = [1, 4, 10, 50];
/** Until an engine that just came is compiled. */
const WARM_UP_EVENTS = 20_000;
/** Each stream is applied so often, all engines in turn, after once for the compiler. */
const ROUNDS = 3;

export interface FunctionFigures {
  readonly name: string;
  readonly nsPerEvent: number;
  readonly bytesQuiet: number;
  readonly read: ReadCost;
}

/** What one process measured. */
export interface Repetition {
  readonly functions: readonly FunctionFigures[];
  /** ns of an event with as many windows as `WINDOW_COUNTS` says, and with the four of the table. */
  readonly nsByCount: readonly number[];
  readonly nsOfFour: number;
  /** Reads of the five numeric features, by what the table calls them. */
  readonly shapes: readonly { readonly name: string; readonly read: ReadCost }[];
  /** The least time of the loop that watches the core. */
  readonly watchUs: number;
}

/**
 * One repetition. The functions come first: windows are counted with code that has seen every function, as it has in
 * a worker; code that saw one group alone is up to a third faster.
 */
export function measureOnce(scale: number): Repetition {
  const hot = streamOf(Math.round(432_000 * scale), 12 * HOUR, 1);
  const quiet = streamOf(20, 12 * HOUR, 2);
  const warmUp = streamOf(WARM_UP_EVENTS, 12 * HOUR, 3);
  const watch = new CoreWatch();
  const functions = EVERY_FUNCTION.map((measured): FunctionFigures => {
    const engine = compileGroup(groupOf([measured], FOUR_WINDOWS));
    applyAll(engine, warmUp);
    const { timeline, nsPerEvent } = applied(engine, hot);
    const bytesQuiet = engine.encode(applyAll(engine, quiet)).length;
    return { name: nameOf(measured), nsPerEvent, bytesQuiet, read: readCost(engine, timeline, hot, watch) };
  });

  const engines = WINDOW_COUNTS.map((count) => compileGroup(groupOf(NUMERIC, windowsUpToADay(count))));
  const four = compileGroup(groupOf(NUMERIC, FOUR_WINDOWS));
  const [nsOfFour = NaN, ...nsByCount] = nsPerEventInTurn([four, ...engines], hot);
  const shapes = engines.map((engine, i) => ({
    name: `${WINDOW_COUNTS[i]} windows, hot`,
    read: readCost(engine, applyAll(engine, hot), hot, watch),
  }));
  const most = engines.at(-1)!;
  shapes.push({ name: '50 windows, quiet', read: readCost(most, applyAll(most, quiet), quiet, watch) });
  return { functions, nsByCount, nsOfFour, shapes, watchUs: watch.leastUs };
}

function nsPerEventInTurn(engines: readonly GroupEngine[], stream: Stream): number[] {
  for (const engine of engines) applyAll(engine, stream);
  const rounds = Array.from({ length: ROUNDS }, () =>
    engines.map((engine) => applied(engine, stream).nsPerEvent),
  );
  return engines.map((_, i) => median(rounds.map((round) => round[i]!)));
}
