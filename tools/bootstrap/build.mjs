import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { runStep } from './step.mjs';

/** Folders whose TypeScript is compiled to dist/, and whose other files (Lua, SQL, pages) are copied there. */
const SOURCE_FOLDERS = ['apps', 'libs', 'tools', 'bench', 'test', 'examples'];
/** The page of apps/api is not compiled file by file: Vite makes its few files. */
const PAGE = path.join('apps', 'api', 'page');
const SETTINGS = ['.swcrc', 'package-lock.json'];
const STAMP = '.built-from';

export function buildIsFresh(root) {
  const stamp = path.join(root, 'dist', STAMP);
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === fingerprint(root);
}

/**
 * Builds into a fresh folder and swaps it in: output of deleted sources disappears, and a failed build leaves
 * the last good one in place. The fresh folder is a sibling of dist/, so that source maps hold after the swap.
 */
export async function build(root) {
  const builtFrom = fingerprint(root);
  const fresh = path.join(root, `dist-${process.pid}`);
  fs.rmSync(fresh, { recursive: true, force: true });
  const folders = SOURCE_FOLDERS.filter((folder) => fs.existsSync(path.join(root, folder)));
  await Promise.all([compile(root, folders, fresh), buildPage(root, fresh)]);
  for (const file of sourceFiles(root)) if (isAsset(file)) copyFile(root, file, fresh);
  fs.writeFileSync(path.join(fresh, STAMP), builtFrom);
  swapIn(fresh, path.join(root, 'dist'));
}

async function compile(root, folders, target) {
  const swc = path.join('node_modules', '@swc', 'cli', 'bin', 'swc.js');
  const programArguments = [swc, ...folders, '-d', path.relative(root, target)];
  await runStep('building', process.execPath, programArguments, { cwd: root });
}

async function buildPage(root, target) {
  const vite = path.join('node_modules', 'vite', 'bin', 'vite.js');
  const programArguments = [vite, 'build', PAGE, '--outDir', path.join(target, PAGE)];
  await runStep('building the page', process.execPath, programArguments, { cwd: root });
}

function swapIn(fresh, target) {
  const outdated = `${fresh}-outdated`;
  if (fs.existsSync(target)) fs.renameSync(target, outdated);
  fs.renameSync(fresh, target);
  fs.rmSync(outdated, { recursive: true, force: true });
}

function isAsset(file) {
  if (file.startsWith(PAGE + path.sep)) return false;
  return !/\.(ts|md)$/.test(file) && !/tsconfig[^/]*\.json$/.test(file);
}

function copyFile(root, file, target) {
  const destination = path.join(target, file);
  fs.mkdirSync(path.dirname(destination), { recursive: true });
  fs.copyFileSync(path.join(root, file), destination);
}

/** Names, sizes and times of all sources: a changed, added or removed file changes it. */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of [...SETTINGS, ...sourceFiles(root)]) {
    const { size, mtimeMs } = fs.statSync(path.join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function sourceFiles(root) {
  return SOURCE_FOLDERS.flatMap((folder) => filesBelow(root, folder)).toSorted((one, other) =>
    one < other ? -1 : 1,
  );
}

function filesBelow(root, folder) {
  const absolute = path.join(root, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs.readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(root, file) : [file];
  });
}
