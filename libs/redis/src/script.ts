import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sendGathered, type RedisConnection } from './connection.js';
import { ScriptCommand } from './script-command.js';

/** What a script answers: bulk strings come as Buffers, because frames and states are bytes. */
export type ScriptReply = null | number | Buffer | readonly ScriptReply[];

export type ScriptArgument = string | number | Uint8Array;

/**
 * One atomic operation: one Lua file whose header lists KEYS, ARGV, returns and the invariant it keeps. The
 * files lie beside the code that calls them, in the source tree and in dist alike (the build copies them).
 */
export class RedisScript {
  readonly #lua: string;
  readonly #sha: string;

  private constructor(
    readonly name: string,
    lua: string,
  ) {
    this.#lua = lua;
    this.#sha = createHash('sha1').update(lua).digest('hex');
  }

  /**
   * Reads `./<name>.lua` beside the calling module: `RedisScript.beside(import.meta.url, 'append')`. A line
   * `{{other}}` stands for the text of `./other.lua`: Redis has no modules.
   */
  static beside(moduleUrl: string, name: string): RedisScript {
    const read = (file: string): string => readFileSync(new URL(`./${file}.lua`, moduleUrl), 'utf8');
    return new RedisScript(
      name,
      read(name).replaceAll(/^\{\{([\w-]+)\}\}$/gm, (_line, file: string) => read(file)),
    );
  }

  /**
   * Runs the script once. A server that does not know it yet refuses before running anything, so sending
   * the source after NOSCRIPT cannot run it twice.
   */
  async run(
    connection: RedisConnection,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<ScriptReply> {
    try {
      return await this.#send(connection, new ScriptCommand('EVALSHA', this.#sha, keys, args));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.#send(connection, new ScriptCommand('EVAL', this.#lua, keys, args));
    }
  }

  #send(connection: RedisConnection, command: ScriptCommand): Promise<ScriptReply> {
    return sendGathered(connection, () => connection.sendCommand(command) as Promise<ScriptReply>);
  }
}
