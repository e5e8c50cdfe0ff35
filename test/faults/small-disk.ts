import { execFileSync } from 'node:child_process';
import { appendFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';

/** Some minutes of a fault test; what is not used takes no memory. */
const MIB_MAX = 128;
const MIB = 1024 * 1024;
/** What is left when there is no room for a mebibyte is filled page by page. */
const PAGE_BYTES = 4_096;

/** A file system that is small enough to be filled. */
export interface SmallDisk {
  readonly folder: string;
  /** Until then there is not a page left. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  /** Nobody may use it any more. */
  remove(): Promise<void>;
}

/** Mounts one in memory; undefined where this process may not, as only root may. */
export async function smallDisk(): Promise<SmallDisk | undefined> {
  const folder = await privateFolder(new Guard());
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MIB_MAX}m`, 'tmpfs', folder.path], {
      stdio: 'ignore',
    });
  } catch {
    await folder.remove();
    return undefined;
  }
  const ballast = path.join(folder.path, 'ballast');
  return {
    folder: folder.path,
    fill: async () => {
      for (const bytes of [MIB, PAGE_BYTES]) while (await hasTaken(ballast, bytes));
    },
    empty: () => rm(ballast),
    remove: async () => {
      execFileSync('umount', [folder.path]);
      await folder.remove();
    },
  };
}

async function hasTaken(file: string, bytes: number): Promise<boolean> {
  try {
    await appendFile(file, Buffer.alloc(bytes));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
