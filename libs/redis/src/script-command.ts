import { Command } from 'ioredis';
import type { ScriptArgument } from './script.js';

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
    const wire = new WireText(`*${3 + this.#keys.length + this.#values.length}\r\n`);
    wire.add(this.name);
    wire.add(this.#script);
    wire.add(String(this.#keys.length));
    for (const key of this.#keys) wire.add(key);
    for (const value of this.#values) wire.add(typeof value === 'number' ? String(value) : value);
    return wire.bytes();
  }
}

/** A command on its way to bytes: neighbouring texts are one. */
class WireText {
  readonly #parts: (string | Buffer)[] = [];
  #text: string;
  #size: number;

  constructor(head: string) {
    this.#text = head;
    this.#size = head.length;
  }

  add(argument: string | Buffer): void {
    const isText = typeof argument === 'string';
    const size = isText ? Buffer.byteLength(argument) : argument.length;
    const head = `$${size}\r\n`;
    this.#size += head.length + size + 2;
    if (isText) {
      this.#text += `${head}${argument}\r\n`;
      return;
    }
    this.#parts.push(this.#text + head, argument);
    this.#text = '\r\n';
  }

  bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      at += typeof part === 'string' ? bytes.write(part, at) : part.copy(bytes, at);
    }
    bytes.write(this.#text, at);
    return bytes;
  }
}
