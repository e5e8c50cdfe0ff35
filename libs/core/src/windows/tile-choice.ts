import type { StateReader } from './state-reader.js';
import type { StateWriter } from './state-writer.js';
import type { Tiles } from './tiles.js';

/**
 * The singles of a timeline, or its merged tiles: what a column of a state holds values of. Mostly either kind
 * lies in one run, merged tiles before singles; then columns are read and written in place.
 */
export class TileChoice {
  count = 0;
  private first = 0;
  private isRun = true;
  /** Where they do not lie in one run: the index of each, and room for the values of one column. */
  private indices = new Int32Array(0);
  private readonly values: number[] = [];

  choose(tiles: Tiles, merged: boolean): void {
    const { singlesFrom, size } = tiles;
    let mergedCount = 0;
    for (let at = 0; at < singlesFrom; at++) if (tiles.isMerged(at)) mergedCount++;
    this.isRun = mergedCount === singlesFrom;
    this.first = merged ? 0 : singlesFrom;
    this.count = merged ? mergedCount : size - mergedCount;
    if (this.isRun) return;
    if (this.indices.length < size) this.indices = new Int32Array(2 * size);
    let k = 0;
    for (let at = 0; at < size; at++) if (tiles.isMerged(at) === merged) this.indices[k++] = at;
  }

  /** The index of the k-th of them, oldest first. */
  at(k: number): number {
    return this.isRun ? this.first + k : this.indices[k]!;
  }

  writeColumn(matrix: readonly number[], base: number, out: StateWriter): void {
    const { count, values } = this;
    if (this.isRun) {
      out.column(matrix, base + this.first, count);
      return;
    }
    for (let k = 0; k < count; k++) values[k] = matrix[base + this.indices[k]!]!;
    out.column(values, 0, count);
  }

  readColumn(matrix: number[], base: number, from: StateReader): void {
    const { count, values } = this;
    if (this.isRun) {
      from.column(matrix, base + this.first, count);
      return;
    }
    from.column(values, 0, count);
    for (let k = 0; k < count; k++) matrix[base + this.indices[k]!] = values[k]!;
  }
}
