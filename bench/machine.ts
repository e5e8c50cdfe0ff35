import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { redisBinary } from '../tools/local-services/redis-binary.js';

/** What a figure cannot be read without: the machine, and how busy it is with other things. */
export function machineLine(): string {
  const [first] = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `node ${process.version}, ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory}, load ${load.join(' ')}`;
}

/** The versions of what the figures depend on. */
export async function versionsLine(): Promise<string> {
  const binary = await redisBinary(() => {});
  const { stdout } = await promisify(execFile)(binary, ['--version']);
  const redis = /v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim();
  const packages = ['ioredis', 'bullmq', 'fastify', '@nestjs/core'].map(
    (name) => `${name} ${packageVersion(name)}`,
  );
  return `redis ${redis}, ${packages.join(', ')}`;
}

/** From its package.json on disk, since not every package exports that file. */
function packageVersion(name: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const file = path.join(folder, name, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}
