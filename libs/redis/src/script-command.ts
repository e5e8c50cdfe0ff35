import { Command } from 'ioredis';
import type { ScriptArgument } from './script.js';
import { Wire } from './wire.js';

/** Commands are written one after the other, none waits in between. */
const wire = new Wire();

/**
 * A call of a script, written to the wire as one buffer. What ioredis does for any command (flattening nested
 * arguments, a list of pieces, each measured twice) was a fifth of the worker's time where turns are short.
 */
export class ScriptCommand extends Command {
  readonly #script: string;
  readonly #keys: readonly string[];
  readonly #values: readonly ScriptArgument[];

  /** @param name EVALSHA or EVAL, of which `script` is the digest or the source. */
  constructor(name: string, script: string, keys: readonly string[], values: readonly ScriptArgument[]) {
    // As arguments of the command only what routes it: in a cluster by its keys.
    super(name, [script, String(keys.length), ...keys], { replyEncoding: null });
    this.#script = script;
    this.#keys = keys;
    this.#values = values;
  }

  override toWritable(): Buffer {
    wire.begin(3 + this.#keys.length + this.#values.length);
    wire.text(this.name);
    wire.text(this.#script);
    wire.text(String(this.#keys.length));
    for (const key of this.#keys) wire.text(key);
    for (const value of this.#values) {
      if (typeof value === 'object') wire.bytes(value);
      else wire.text(typeof value === 'number' ? String(value) : value);
    }
    return wire.take();
  }
}
