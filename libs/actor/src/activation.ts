import type { Timeline } from '@millrace/core';
import type { TurnGroup } from './turn-program.js';

/**
 * An actor in memory: the window state of each group of its entity, by slot. It is only ever touched inside
 * a turn of its partition. A state stays packed until its group's first event comes.
 */
export class Activation {
  /** Number of the last batch that changed a slot: finds the changed ones without clearing marks. */
  readonly changedIn: number[];
  /** Whether it was used since eviction last came by; see `PartitionActivations`. */
  used = false;
  /** When a commit last set its expiry, by the worker's monotonic clock; undefined: not since it was loaded. */
  expirySetMs: number | undefined;
  /** Its packed states while those of a batch are collected, by slot; a field, because a map of actors costs more. */
  packed: [slot: number, state: Uint8Array][] | undefined;
  readonly #timelines: (Timeline | undefined)[];
  readonly #packed: (Uint8Array | null)[];
  #quarantined: Map<number, string> | undefined;
  #bytes = 0;

  constructor(
    readonly entityId: string,
    packed: readonly (Uint8Array | null)[],
  ) {
    this.#packed = packed.slice();
    this.#timelines = packed.map(() => undefined);
    this.changedIn = packed.map(() => 0);
    this.measure();
  }

  /** The group's state, or undefined where it cannot be read: then `quarantineReason` says why. */
  timeline({ slot, engine }: TurnGroup): Timeline | undefined {
    const known = this.#timelines[slot];
    if (known) return known;
    if (this.#quarantined?.has(slot)) return undefined;
    const packed = this.#packed[slot];
    this.#packed[slot] = null;
    try {
      return (this.#timelines[slot] = packed ? engine.decode(packed) : engine.create());
    } catch (error) {
      this.#quarantined ??= new Map();
      this.#quarantined.set(slot, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  quarantineReason({ slot }: TurnGroup): string {
    return this.#quarantined?.get(slot) ?? '';
  }

  /** Puts a state back, after a failed application. */
  restore({ slot }: TurnGroup, timeline: Timeline): void {
    this.#timelines[slot] = timeline;
  }

  /** Approximate size in memory, as of the last `measure`. */
  get bytes(): number {
    return this.#bytes;
  }

  measure(): void {
    let bytes = ACTIVATION_BYTES + this.entityId.length * 2;
    for (let slot = 0; slot < this.#timelines.length; slot++) {
      bytes += this.#timelines[slot]?.bytes ?? this.#packed[slot]?.byteLength ?? 0;
    }
    this.#bytes = bytes;
  }
}

/** The object itself, its arrays and its place in a Map; measured with 100,000 empty ones on Node 20. */
const ACTIVATION_BYTES = 400;
