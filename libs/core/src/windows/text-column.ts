import type { StateWriter } from './state-writer.js';

/** Texts, and letters of them, that are remembered from one state to the next. */
const TEXTS_MAX = 4_096;
const LETTERS_MAX = 262_144;
/** Room for one packed text: those of up to 30 plain letters fit. */
const SPAN_BYTES = 32;

/**
 * Writes columns of texts, each text once: 0 is null, 1 a new text, n + 2 the n-th text again. The states of a group
 * mostly name the same texts, so a place for each, and its bytes, are kept from one state to the next: to number them
 * anew in each state and to write them letter by letter took a sixth of a turn.
 */
export class TextColumnWriter {
  private readonly places = new Map<string, number>();
  /** By place: the column that had the text last, and its number there. */
  private readonly columns: number[] = [];
  private readonly numbers: number[] = [];
  /** By place: how long the packed text in `spans` is; 0 where it is none that fits. */
  private readonly lengths: number[] = [];
  private readonly spans = new Uint8Array(TEXTS_MAX * SPAN_BYTES);
  private letters = 0;
  private column = 0;
  private count = 0;

  /** Begins a column: no text has a number. */
  begin(): void {
    this.column++;
    this.count = 0;
    if (this.columns.length <= TEXTS_MAX && this.letters <= LETTERS_MAX) return;
    this.places.clear();
    this.columns.length = this.numbers.length = this.lengths.length = this.letters = 0;
  }

  write(text: string | null, out: StateWriter): void {
    if (text === null) {
      out.varint(0);
      return;
    }
    const place = this.places.get(text) ?? this.remember(text);
    if (this.columns[place] === this.column) {
      out.varint(this.numbers[place]! + 2);
      return;
    }
    this.columns[place] = this.column;
    this.numbers[place] = this.count++;
    const length = this.lengths[place]!;
    if (length > 0) {
      out.span(this.spans, place * SPAN_BYTES, length);
    } else {
      out.varint(1);
      out.text(text);
    }
  }

  private remember(text: string): number {
    const place = this.columns.length;
    this.places.set(text, place);
    this.columns.push(0);
    this.numbers.push(0);
    this.letters += text.length;
    this.lengths.push(place < TEXTS_MAX ? this.pack(text, place * SPAN_BYTES) : 0);
    return place;
  }

  /** What the writer would write of a new text, where that fits; answers its length or 0. */
  private pack(text: string, from: number): number {
    if (text.length > SPAN_BYTES - 2) return 0;
    this.spans[from] = 1;
    this.spans[from + 1] = text.length + 1;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return 0;
      this.spans[from + 2 + i] = unit;
    }
    return text.length + 2;
  }
}
