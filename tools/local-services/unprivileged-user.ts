import { readFile } from 'node:fs/promises';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order: the one made for it, then those that every system has. */
const CANDIDATES = ['postgres', 'nobody', 'daemon'];

/** PostgreSQL refuses to run as root. As root, the user that it runs as instead; else undefined. */
export async function unprivilegedUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map(parseUser);
  for (const name of CANDIDATES) {
    const user = users.find((one) => one?.name === name);
    if (user !== undefined) return user;
  }
  throw new Error(
    `PostgreSQL does not run as root, and none of the users ${CANDIDATES.join(', ')} exists. ` +
      'Run this as an ordinary user, or set DATABASE_URL.',
  );
}

function parseUser(line: string): SystemUser | undefined {
  const [name, , uid, gid] = line.split(':');
  if (name === undefined || uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}
