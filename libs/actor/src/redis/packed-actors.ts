/**
 * Thousands of actors as one argument of a script, because a command pays for each of its arguments three
 * times: in the client, in Redis' parser and in Lua. Little-endian, as `struct.unpack` reads it.
 */
import type { ActorStates } from '../actor-store.js';

/** Of each id: u16 length, UTF-8 bytes. */
export function packIds(ids: readonly string[]): Buffer {
  const lengths = ids.map((id) => Buffer.byteLength(id));
  const packed = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 2 + length, 0));
  let at = 0;
  ids.forEach((id, i) => {
    at = writeText(packed, at, id, lengths[i] as number);
  });
  return packed;
}

/** Beside the number of states: the actor keeps its expiry. */
const KEEPS_EXPIRY = 0x8000;

/**
 * Of each actor: its id, u16 number of states and perhaps `KEEPS_EXPIRY`, and of each state u16 field (from 1), u32
 * length, bytes.
 */
export function packActors(actors: readonly ActorStates[]): Buffer {
  const lengths = actors.map(({ entityId }) => Buffer.byteLength(entityId));
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

/** As many bytes as letters means plain ASCII, which is written faster as latin1. */
function writeText(into: Buffer, at: number, text: string, bytes: number): number {
  const start = into.writeUInt16LE(bytes, at);
  into.write(text, start, bytes, bytes === text.length ? 'latin1' : 'utf8');
  return start + bytes;
}
