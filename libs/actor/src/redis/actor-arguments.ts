/** Thousands of actors as arguments of a script. Packed ones are little-endian, as `struct.unpack` reads them. */
import type { ScriptArgument } from '@millrace/redis';
import type { ActorStates } from '../actor-store.js';

/** Of each id: u16 length, UTF-8 bytes. */
export function packIds(ids: readonly string[]): Buffer {
  const lengths = ids.map(bytesOf);
  const packed = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 2 + length, 0));
  let at = 0;
  ids.forEach((id, i) => {
    at = writeText(packed, at, id, lengths[i] as number);
  });
  return packed;
}

/**
 * Adds actors to the arguments of a commit. Those with one state, as most have, come in runs with the same field and the
 * same `keepsExpiry`: the number of runs; of each the number of its actors, the field (from 1), 1 where they keep their
 * expiry, and of each actor id and state. The others follow in one argument: they may have more states than a command
 * takes arguments. Redis' Lua goes through all bytes of every text that it makes, so to cut states out of a packed text
 * takes it twice as long.
 */
export function addActors(args: ScriptArgument[], actors: readonly ActorStates[]): void {
  const runs = new Map<number, ActorStates[]>();
  const others: ActorStates[] = [];
  for (const actor of actors) {
    const [first, second] = actor.states;
    if (!first || second) {
      others.push(actor);
      continue;
    }
    const kind = 2 * first[0] + (actor.keepsExpiry ? 1 : 0);
    const run = runs.get(kind);
    if (run) run.push(actor);
    else runs.set(kind, [actor]);
  }
  args.push(runs.size);
  for (const [kind, run] of runs) {
    args.push(run.length, (kind >> 1) + 1, kind & 1);
    for (const { entityId, states } of run) args.push(entityId, (states[0] as OneState)[1]);
  }
  args.push(packActors(others));
}

type OneState = ActorStates['states'][number];

/** Beside the number of states: the actor keeps its expiry. */
const KEEPS_EXPIRY = 0x8000;

/**
 * Of each actor: its id, u16 number of states and perhaps `KEEPS_EXPIRY`, and of each state u16 field (from 1), u32
 * length, bytes.
 */
function packActors(actors: readonly ActorStates[]): Buffer {
  const lengths = actors.map(({ entityId }) => bytesOf(entityId));
  let size = 0;
  actors.forEach(({ states }, i) => {
    size += 4 + (lengths[i] as number);
    for (const [, state] of states) size += 6 + state.byteLength;
  });
  const packed = Buffer.allocUnsafe(size);
  let at = 0;
  actors.forEach(({ entityId, states, keepsExpiry }, i) => {
    at = writeText(packed, at, entityId, lengths[i] as number);
    at = packed.writeUInt16LE(states.length + (keepsExpiry ? KEEPS_EXPIRY : 0), at);
    for (const [field, state] of states) {
      at = packed.writeUInt16LE(field + 1, at);
      at = packed.writeUInt32LE(state.byteLength, at);
      packed.set(state, at);
      at += state.byteLength;
    }
  });
  return packed;
}

/**
 * The states of actors, by id in order, one of each field or null. Of a reply with several fields each state is a copy:
 * one that no event touches stays packed in memory, and would keep the whole reply there.
 */
export function unpackStates(reply: Buffer, ids: number, fields: number): (Buffer | null)[][] {
  const states: (Buffer | null)[][] = [];
  let at = 0;
  for (let i = 0; i < ids; i++) {
    const ofActor: (Buffer | null)[] = [];
    for (let field = 0; field < fields; field++) {
      const size = reply.readUInt32LE(at) - 1;
      at += 4;
      if (size < 0) {
        ofActor.push(null);
        continue;
      }
      const state = reply.subarray(at, (at += size));
      ofActor.push(fields === 1 ? state : Buffer.from(state));
    }
    states.push(ofActor);
  }
  return states;
}

/** Letters that are written one by one: for so few a call into Node costs more. */
const SHORT = 32;

/** As many as letters where it is plain ASCII, as most ids are. */
function bytesOf(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text);
  return text.length;
}

function writeText(into: Buffer, at: number, text: string, bytes: number): number {
  const start = into.writeUInt16LE(bytes, at);
  if (bytes === text.length && bytes <= SHORT) {
    for (let i = 0; i < bytes; i++) into[start + i] = text.charCodeAt(i);
  } else {
    into.write(text, start, bytes, 'utf8');
  }
  return start + bytes;
}
