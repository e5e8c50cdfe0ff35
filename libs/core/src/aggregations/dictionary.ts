import { CorruptStateError, StateReader } from '../windows/state-reader.js';
import { StateWriter } from '../windows/state-writer.js';
import { varintAt, varintSize } from '../windows/packing.js';
import { readScalar, writeScalar, type Scalar } from './aggregation.js';

/** The length of a packed value is one byte; of those that are longer than it can say, the value itself tells. */
const LONG = 255;

/**
 * Values, each under a number of its own from 0 up; 0 and −0 are the same value. A state holds the lengths of all
 * values and then the values, so that a read passes over what it does not need.
 */
export class Dictionary {
  /** Values that a state brought stay bytes until somebody asks for one: most reads need a few of thousands. */
  private packed: Uint8Array = NONE_PACKED;
  private lengths: Uint8Array = NONE_PACKED;
  /** Where each packed value begins, and where the last one ends; made when it is needed. */
  private places: Int32Array | undefined;
  /** By number: packed values that somebody asked for. */
  private readonly unpacked = new Map<number, Scalar>();
  /** By number, after the packed ones. */
  private readonly values: Scalar[] = [];
  /** Of values that were asked for and of all that are not packed: the number, −1 for none. */
  private readonly numbers = new Map<Scalar, number>();
  /** The packed values by hash, in open addressing: number + 1, or 0; made when it is needed. */
  private table: Int32Array | undefined;

  static read(from: StateReader): Dictionary {
    const dictionary = new Dictionary();
    const count = from.varint();
    const length = from.varint();
    if (count === 0) return dictionary;
    const lengthsAt = from.skip(count);
    dictionary.lengths = from.source.subarray(lengthsAt, lengthsAt + count);
    const begin = from.skip(length);
    dictionary.packed = from.source.subarray(begin, begin + length);
    return dictionary;
  }

  write(out: StateWriter): void {
    scratch.reset();
    const lengths: number[] = [];
    for (const value of this.values) {
      const before = scratch.length;
      writeScalar(value, scratch);
      lengths.push(Math.min(LONG, scratch.length - before));
    }
    out.varint(this.size);
    out.varint(this.packed.length + scratch.length);
    out.raw(this.lengths);
    for (const length of lengths) out.byte(length);
    out.raw(this.packed);
    out.raw(scratch.written);
  }

  get size(): number {
    return this.lengths.length + this.values.length;
  }

  valueOf(number: number): Scalar {
    const packedCount = this.lengths.length;
    if (number >= packedCount) return this.values[number - packedCount]!;
    const known = this.unpacked.get(number);
    if (known !== undefined) return known;
    const value = this.unpack(number);
    this.unpacked.set(number, value);
    return value;
  }

  /** The value's number, −1 where it has none. */
  find(value: Scalar): number {
    const known = this.numbers.get(value);
    if (known !== undefined) return known;
    if (this.lengths.length === 0) return -1;
    let found = this.findPacked(value);
    if (found < 0 && value === 0) found = this.findPacked(Object.is(value, 0) ? -0 : 0);
    if (found >= 0) this.numbers.set(value, found);
    return found;
  }

  /** Tells the number of a value that a state brought, −1 for none, so that `find` need not look for it. */
  learn(value: Scalar, number: number): void {
    if (number >= this.size) throw new CorruptStateError('A value refers to a number that is not there');
    this.numbers.set(value, number);
  }

  intern(value: Scalar): number {
    const known = this.find(value);
    if (known >= 0) return known;
    const number = this.size;
    this.numbers.set(value, number);
    this.values.push(value);
    return number;
  }

  private unpack(number: number): Scalar {
    const places = (this.places ??= this.findPlaces());
    unpacker.open(this.packed.subarray(places[number], places[number + 1]));
    return readScalar(unpacker);
  }

  private findPlaces(): Int32Array {
    const { lengths, packed } = this;
    const places = new Int32Array(lengths.length + 1);
    let place = 0;
    for (let number = 0; number < lengths.length; number++) {
      const length = lengths[number]!;
      place += length < LONG ? length : longLength(packed, place);
      places[number + 1] = place;
    }
    return places;
  }

  private findPacked(value: Scalar): number {
    const places = (this.places ??= this.findPlaces());
    const table = (this.table ??= tableOf(this.packed, places));
    scratch.reset();
    writeScalar(value, scratch);
    const sought = scratch.written;
    let at = hashOf(sought, 0, sought.length) & (table.length - 1);
    for (; table[at] !== 0; at = (at + 1) & (table.length - 1)) {
      const number = table[at]! - 1;
      if (isAt(this.packed, places[number]!, places[number + 1]!, sought)) return number;
    }
    return -1;
  }
}

/** Only texts and what is written as one are so long. */
function longLength(packed: Uint8Array, place: number): number {
  const length = varintAt(packed, place + 1);
  return 1 + varintSize(length) + length - 1;
}

function tableOf(packed: Uint8Array, places: Int32Array): Int32Array {
  const count = places.length - 1;
  const table = new Int32Array(2 ** Math.ceil(Math.log2(2 * count)));
  for (let number = 0; number < count; number++) {
    let at = hashOf(packed, places[number]!, places[number + 1]!) & (table.length - 1);
    while (table[at] !== 0) at = (at + 1) & (table.length - 1);
    table[at] = number + 1;
  }
  return table;
}

function isAt(packed: Uint8Array, from: number, to: number, bytes: Uint8Array): boolean {
  if (to - from !== bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (packed[from + i] !== bytes[i]) return false;
  return true;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x5bd1e995);
  return hash ^ (hash >>> 15);
}

const NONE_PACKED = new Uint8Array(0);
const scratch = new StateWriter(1_024);
const unpacker = new StateReader();
