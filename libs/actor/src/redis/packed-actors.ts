/**
 * Thousands of actors as one argument of a script, because a command pays for each of its arguments three
 * times: in the client, in Redis' parser and in Lua. Little-endian, as `struct.unpack` reads it.
 */
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

/** Beside the number of states: the actor keeps its expiry. */
const KEEPS_EXPIRY = 0x8000;

/**
 * Of each actor: its id, u16 number of states and perhaps `KEEPS_EXPIRY`, and of each state u16 field (from 1), u32
 * length, bytes.
 */
export function packActors(actors: readonly ActorStates[]): Buffer {
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
