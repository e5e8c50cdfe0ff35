import fs from 'node:fs';
import path from 'node:path';
import { runStep } from './step.mjs';

/**
 * Whether node_modules is what package-lock.json asks for. npm writes node_modules/.package-lock.json as the
 * last act of an install: an interrupted install has none, an outdated one differs. Packages for other
 * platforms are in the lock only; npm marks them optional.
 */
export function packagesAreFresh(root) {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const present = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return (
    Object.entries(wanted).every(([name, { version, optional }]) =>
      present[name] === undefined ? optional : present[name].version === version,
    ) && Object.keys(present).every((name) => wanted[name] !== undefined)
  );
}

function packagesOf(lockFile) {
  if (!fs.existsSync(lockFile)) return undefined;
  const { packages } = JSON.parse(fs.readFileSync(lockFile, 'utf8'));
  const named = Object.entries(packages).filter(([name]) => name !== '');
  return Object.fromEntries(
    named.map(([name, { version, optional = false, devOptional = false }]) => [
      name,
      { version, optional: optional || devOptional },
    ]),
  );
}

/** Development packages too, whatever NODE_ENV says: the build and the tests need them. */
export async function installPackages(root) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await runStep('installing packages (npm ci)', npm, ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
  });
}
