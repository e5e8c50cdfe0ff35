/**
 * What the expressions of one group may do for one event. The size of an expression is bounded when it is registered,
 * but not what it does with long values: joining a text to itself in ten derived columns makes it a thousand times
 * as long, and a walk over one list may look into another at each element. So whatever works through a text or a list
 * says how much, and an event that would cost too much is stopped and becomes a dead letter of that group alone.
 *
 * Steps are counted and not timed: the same event is stopped at the same place on every machine (I3). Plain arithmetic
 * is not counted: its work is bounded by the size of the group's expressions (`GROUP_NODES_MAX`).
 */
import { RowFault } from './expression-error.js';

/**
 * A step takes some 4 ns, so the worst event takes about 0.2 ms: thousands of them in one batch of a turn still take
 * less than the lock of a turn (1.5 s). Enough for the cosine of two embeddings of 4,096 dimensions, for `lower` of
 * the longest text, and for a condition of ten nodes over the longest list.
 */
export const STEPS_PER_EVENT_MAX = 50_000;

/** Expressions run on one thread, one after the other: one count serves all of them. */
let left = STEPS_PER_EVENT_MAX;

/** Begins or resumes an event. @param spent steps that its earlier expressions took. */
export function resumeEvent(spent = 0): void {
  left = STEPS_PER_EVENT_MAX - spent;
}

/** Steps that the event took up to now. */
export const stepsSpent = (): number => STEPS_PER_EVENT_MAX - left;

/** @throws RowFault where the event has taken all its steps. */
export function spend(steps: number): void {
  left -= steps;
  if (left < 0)
    throw new RowFault(
      `stopped: the expressions of the group need more than ${STEPS_PER_EVENT_MAX} steps for this event`,
    );
}

/** Steps of work that goes through a text and makes a new one, such as `lower`: about 1 ns a character. */
export const textSteps = (text: string): number => text.length >> 2;

/** Steps of a search in a text or a comparison of it, which the processor does many characters at a time. */
export const searchSteps = (text: string): number => text.length >> 4;
