import { encodeFrame, type Frame } from '@millrace/core';
import type { Activation } from './activation.js';
import type { ActorStates, LogEntry } from './actor-store.js';
import type { DeadLetter, DeadLetterCode } from './dead-letter.js';
import { EXPIRY_AGE_MS_MAX, type TurnGroup, type TurnProgram } from './turn-program.js';

/** An entry of the log, decoded, with the activation of each of the frame's entity ids. */
export interface ReadFrame {
  readonly entry: LogEntry;
  readonly frame: Frame;
  readonly actors: readonly Activation[];
}

/** What applying some frames did, besides changing the activations. */
export interface Effects {
  readonly kind: 'applied';
  readonly changed: readonly ChangedState[];
  readonly deadLetters: readonly DeadLetter[];
  /** Events, once for each group, that were older than everything that the group's windows can still see. */
  readonly tooLate: number;
}

export interface ChangedState {
  readonly activation: Activation;
  readonly group: TurnGroup;
}

/**
 * A group threw while it applied an event, so its timeline may be half changed: forget the activations, load
 * them again and apply the same frames with this group in `careful`.
 */
export interface Refused {
  readonly kind: 'refused';
  readonly group: TurnGroup;
}

let batches = 0;

/**
 * The turn's decision: hands each event of each frame to its actor, for every group that reads the frame. No
 * I/O and no clock: the same states and the same frames give the same bytes (I3, I4). Per event nothing is
 * allocated; what cannot be applied becomes a dead letter and the rest goes on.
 *
 * @param takesPart whether a group applies these frames: the live ones, or the one that catches up.
 * @param careful groups that are expected to throw: each of their timelines is copied before each event, so
 * that the event that throws can be taken back alone.
 */
export function applyFrames(
  program: TurnProgram,
  frames: readonly ReadFrame[],
  takesPart: (group: TurnGroup) => boolean,
  careful: ReadonlySet<TurnGroup> = new Set(),
): Effects | Refused {
  const batch = ++batches;
  const changed: ChangedState[] = [];
  const deadLetters: DeadLetter[] = [];
  let tooLate = 0;
  for (const read of frames) {
    const { entry, frame } = read;
    for (const group of program.groupsOf(frame.source, frame.route)) {
      if (!takesPart(group)) continue;
      if (entry.onlyGroup !== undefined && entry.onlyGroup !== group.field) continue;
      const { batch: rows, include, faults } = group.rows.run(frame);
      for (const row of entry.duplicates) include[row] = 0;
      for (const [row, message] of faults) {
        if (!entry.duplicates.includes(row)) {
          deadLetters.push(deadLetter('EXPRESSION_FAILED', message, read, row, group));
        }
      }
      const isCareful = careful.has(group);
      const { engine } = group;
      const { entityOf } = frame;
      for (let row = 0; row < frame.size; row++) {
        if (include[row] === 0) continue;
        const activation = read.actors[entityOf[row] as number] as Activation;
        const timeline = activation.timeline(group);
        if (!timeline) {
          const reason = activation.quarantineReason(group);
          deadLetters.push(deadLetter('STATE_CORRUPT', reason, read, row, group));
          continue;
        }
        const before = isCareful ? engine.encode(timeline).slice() : undefined;
        try {
          if (engine.apply(timeline, rows, row) === 'too-late') {
            tooLate++;
            continue;
          }
        } catch (error) {
          if (!before) return { kind: 'refused', group };
          activation.restore(group, engine.decode(before));
          const message = error instanceof Error ? error.message : String(error);
          deadLetters.push(deadLetter('APPLY_FAILED', message, read, row, group));
          continue;
        }
        if (timeline.changedIn !== batch) {
          timeline.changedIn = batch;
          changed.push({ activation, group });
        }
      }
    }
  }
  return { kind: 'applied', changed, deadLetters, tooLate };
}

/**
 * The packed states that a batch changed, by actor, as a commit takes them.
 * @param nowMs by the worker's monotonic clock.
 */
export function packStates(changed: readonly ChangedState[], nowMs: number): ActorStates[] {
  const actors: ActorStates[] = [];
  for (const { activation, group } of changed) {
    const timeline = activation.timeline(group);
    if (!timeline) continue;
    const state: [number, Uint8Array] = [group.slot, group.engine.encode(timeline)];
    if (activation.packed) {
      activation.packed.push(state);
      continue;
    }
    const { entityId, expirySetMs } = activation;
    const keepsExpiry = expirySetMs !== undefined && nowMs - expirySetMs < EXPIRY_AGE_MS_MAX;
    // A whole number lies in the activation itself, any other would be one more object.
    if (!keepsExpiry) activation.expirySetMs = Math.floor(nowMs);
    const states = (activation.packed = [state]);
    actors.push({ entityId, states, keepsExpiry });
  }
  for (const { activation } of changed) activation.packed = undefined;
  return actors;
}

function deadLetter(
  code: DeadLetterCode,
  message: string,
  { entry, frame }: ReadFrame,
  row: number,
  group: TurnGroup,
): DeadLetter {
  const entityId = frame.entityIds[frame.entityOf[row] as number] as string;
  return {
    code,
    message,
    group: group.field,
    entityId,
    entry: entry.id,
    row,
    frame: singleRow(frame, row, entityId),
  };
}

/** One event of a frame as a frame of its own. */
function singleRow(frame: Frame, row: number, entityId: string): Buffer {
  const specs = frame.columnSpecs;
  return encodeFrame(
    { source: frame.source, route: frame.route, columns: specs },
    {
      rows: [row],
      entityIds: [entityId],
      eventTime: frame.eventTime,
      columns: specs.map((spec) => {
        const column = frame.column(spec.name);
        if (!column)
          throw new Error(`frame of ${frame.source} names column ${spec.name} and does not hold it`);
        return column;
      }),
    },
  );
}
