import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export interface TextFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** All files that are, or would be, in the repository (tracked, or new and not ignored). */
export function repositoryFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = new Set(list.split('\n').filter((file) => file !== ''));
  return [...files].filter((file) => existsSync(path.join(root, file)));
}

export function readFiles(wanted: (file: string) => boolean): TextFile[] {
  return repositoryFiles()
    .filter(wanted)
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** TypeScript of ours, tests included. */
export function typescriptFiles(): TextFile[] {
  return readFiles((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'));
}

/** What a file imports or re-exports, as written. */
export function importsOf(text: string): string[] {
  const pattern =
    /^\s*(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
