import { StateReader } from '../windows/state-reader.js';
import { StateWriter } from '../windows/state-writer.js';
import { readScalar, skipScalar, writeScalar, type Scalar } from './aggregation.js';

/** Values, each under a number of its own from 0 up; 0 and −0 are the same value. */
export class Dictionary {
  /** Values that a state brought stay bytes until somebody asks for one: most reads need a few of thousands. */
  private packed: Uint8Array = NONE_PACKED;
  /** Where each packed value begins, and where the last one ends. */
  private readonly places: number[] = [0];
  /** By number: all that are not packed, and those packed ones that were asked for. */
  private readonly values: (Scalar | undefined)[] = [];
  /** Of the same values. */
  private readonly numbers = new Map<Scalar, number>();
  /** The packed values by hash, in open addressing: number + 1, or 0; made when it is needed. */
  private table: Int32Array | undefined;

  static read(from: StateReader): Dictionary {
    const dictionary = new Dictionary();
    const { places, values } = dictionary;
    const count = from.varint();
    const begin = from.place;
    for (let number = 0; number < count; number++) {
      skipScalar(from);
      places.push(from.place - begin);
      values.push(undefined);
    }
    if (count > 0) dictionary.packed = from.source.subarray(begin, from.place);
    return dictionary;
  }

  write(out: StateWriter): void {
    out.varint(this.size);
    out.raw(this.packed);
    for (let number = this.packedCount; number < this.size; number++) writeScalar(this.valueOf(number), out);
  }

  get size(): number {
    return this.values.length;
  }

  valueOf(number: number): Scalar {
    return (this.values[number] ??= this.unpacked(number));
  }

  /** The value's number, −1 where it has none. */
  find(value: Scalar): number {
    const known = this.numbers.get(value);
    if (known !== undefined) return known;
    if (this.packedCount === 0) return -1;
    let found = this.findPacked(value);
    if (found < 0 && value === 0) found = this.findPacked(Object.is(value, 0) ? -0 : 0);
    if (found >= 0) this.numbers.set(value, found);
    return found;
  }

  intern(value: Scalar): number {
    const known = this.find(value);
    if (known >= 0) return known;
    this.numbers.set(value, this.size);
    return this.values.push(value) - 1;
  }

  private get packedCount(): number {
    return this.places.length - 1;
  }

  private unpacked(number: number): Scalar {
    unpacker.open(this.packed.subarray(this.places[number], this.places[number + 1]));
    return readScalar(unpacker);
  }

  private findPacked(value: Scalar): number {
    const table = (this.table ??= this.makeTable());
    scratch.reset();
    writeScalar(value, scratch);
    const sought = scratch.written;
    let at = hashOf(sought, 0, sought.length) & (table.length - 1);
    for (; table[at] !== 0; at = (at + 1) & (table.length - 1)) {
      if (this.isAt(table[at]! - 1, sought)) return table[at]! - 1;
    }
    return -1;
  }

  private makeTable(): Int32Array {
    const { packed, places, packedCount } = this;
    const table = new Int32Array(2 ** Math.ceil(Math.log2(2 * packedCount)));
    for (let number = 0; number < packedCount; number++) {
      let at = hashOf(packed, places[number]!, places[number + 1]!) & (table.length - 1);
      while (table[at] !== 0) at = (at + 1) & (table.length - 1);
      table[at] = number + 1;
    }
    return table;
  }

  private isAt(number: number, bytes: Uint8Array): boolean {
    const from = this.places[number]!;
    if (this.places[number + 1]! - from !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (this.packed[from + i] !== bytes[i]) return false;
    return true;
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x5bd1e995);
  return hash ^ (hash >>> 15);
}

const NONE_PACKED = new Uint8Array(0);
const scratch = new StateWriter(1_024);
const unpacker = new StateReader();
