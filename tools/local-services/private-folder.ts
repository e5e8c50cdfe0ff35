import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Guard } from './guard.js';

/** Others may pass through (PostgreSQL runs as another user when we are root), but not list. */
const PASSABLE = 0o711;

export interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A folder of this run alone, removed with it. */
export async function privateFolder(guard: Guard): Promise<PrivateFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'));
  guard.folder(folder);
  await chmod(folder, PASSABLE);
  return {
    path: folder,
    remove: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      guard.removed(folder);
    },
  };
}
