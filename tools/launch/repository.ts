import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this clone: the same from a source file and from its copy below dist/. */
export const repositoryRoot = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** The compiled entry of an app or a tool: `builtFile('apps/api/src/main.js')`. */
export function builtFile(name: string): string {
  const file = path.join(repositoryRoot, 'dist', name);
  if (!existsSync(file)) throw new Error(`${file} does not exist: run \`npm run build\``);
  return file;
}

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('There is no package.json above this file');
  return findRoot(parent);
}
