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
  const stolen = stolenSinceLast();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `node ${process.version}, ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory}, load ${load.join(' ')}, steal ${stolen}`;
}

/** Processor time of all cores in /proc/stat, in ticks. */
let before = { stolen: 0, all: 0 };

/** What the host took of the cores since this was last asked, at first since the machine started: `0.3 %`. */
function stolenSinceLast(): string {
  if (!existsSync('/proc/stat')) return 'unknown';
  const ticks = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]?.split(' ').map(Number) ?? [];
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted as user.
  const now = { stolen: ticks[7] ?? 0, all: ticks.slice(0, 8).reduce((sum, each) => sum + each, 0) };
  const share = (now.stolen - before.stolen) / Math.max(1, now.all - before.all);
  before = now;
  return `${(share * 100).toFixed(1)} %`;
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
