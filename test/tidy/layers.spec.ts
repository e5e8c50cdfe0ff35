import path from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, typescriptFiles } from './repository.js';

/**
 * The order of the libraries: each may import those that it lists and nothing else of ours. Repeated in
 * ARCHITECTURE.md as a table; a new library is entered in both.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  telemetry: ['core'],
  define: ['core'],
  // Types only: the client runs wherever there is fetch.
  client: ['core'],
  redis: ['core'],
  http: ['core', 'telemetry', 'redis'],
  stream: ['core', 'redis'],
  actor: ['core', 'redis', 'stream'],
  serving: ['core', 'redis', 'stream'],
  registry: ['core', 'redis'],
};

/** Packages that would tie the pure core to a framework, a store or a process. */
const NOT_IN_CORE = /^(@nestjs\/|fastify|ioredis|bullmq|pg|rxjs|pino|prom-client)/;
/** I/O and hidden time: the core gets both as arguments. */
const NOT_IN_CORE_OF_NODE = /^node:(fs|net|http|https|child_process|timers|worker_threads|dns|tls)/;

const files = typescriptFiles().map((file) => ({ ...file, imports: importsOf(file.text) }));

function libraryOf(file: string): string | undefined {
  return /^libs\/([^/]+)\//.exec(file)?.[1];
}

function faults(judge: (file: (typeof files)[number], imported: string) => string | false): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((imported) => {
      const fault = judge(file, imported);
      return fault === false ? [] : [`${file.path} imports ${imported}: ${fault}`];
    }),
  );
}

test('libraries import downwards only', () => {
  const found = faults((file, imported) => {
    const library = libraryOf(file.path);
    const other = /^@millrace\/(.+)$/.exec(imported)?.[1];
    if (library === undefined || other === undefined) return false;
    if (library === other) return 'a library does not import its own index';
    const allowed = MAY_IMPORT[library];
    if (allowed === undefined) return `libs/${library} is missing in the table of this test`;
    return allowed.includes(other)
      ? false
      : `libs/${library} may import ${allowed.join(', ') || 'none of ours'}`;
  });
  expect(found).toEqual([]);
});

test('a library is entered through its index, by its name', () => {
  const found = faults((file, imported) => {
    if (/^@millrace\/[^/]+\//.test(imported)) return 'only the index of a library is public';
    if (!imported.startsWith('.')) return false;
    const target = path.posix.join(path.posix.dirname(file.path), imported);
    const from = libraryOf(file.path);
    const to = libraryOf(target);
    if (to !== undefined && from !== to && !file.path.endsWith('.spec.ts')) return `write @millrace/${to}`;
    return false;
  });
  expect(found).toEqual([]);
});

test('no index is imported from inside its own library', () => {
  const found = faults((file, imported) => {
    if (libraryOf(file.path) === undefined || !imported.startsWith('.')) return false;
    const target = path.posix.join(path.posix.dirname(file.path), imported);
    return /^libs\/[^/]+\/src\/index\.js$/.test(target) && 'import the file that declares it';
  });
  expect(found).toEqual([]);
});

test('apps do not import each other, and nobody below imports an app', () => {
  const found = faults((file, imported) => {
    if (!imported.startsWith('.')) return false;
    const target = path.posix.join(path.posix.dirname(file.path), imported);
    const app = /^apps\/([^/]+)\//.exec(target)?.[1];
    if (app === undefined || file.path.startsWith(`apps/${app}/`) || file.path.startsWith('test/'))
      return false;
    return `apps/${app} belongs to itself`;
  });
  expect(found).toEqual([]);
});

test('the core knows no framework, no store and no clock', () => {
  const isCore = (file: { path: string }): boolean =>
    file.path.startsWith('libs/core/src/') && !file.path.endsWith('.spec.ts');
  const imports = faults(
    (file, imported) =>
      isCore(file) &&
      (NOT_IN_CORE.test(imported) || NOT_IN_CORE_OF_NODE.test(imported)) &&
      'libs/core is pure: no I/O, no framework',
  );
  const clocks = files
    .filter(isCore)
    .filter((file) => /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(/.test(file.text))
    .map((file) => `${file.path} reads a clock or randomness: take it as an argument (I4)`);
  expect([...imports, ...clocks]).toEqual([]);
});

test('the command line loads no library but the core: the others would make each call take two seconds', () => {
  const found = files
    .filter(({ path: file }) => file.startsWith('tools/cli/'))
    .filter(({ text }) => /^import (?!type )[^;]*from '@millrace\/(?!core')/m.test(text))
    .map(({ path: file }) => file);
  expect(found).toEqual([]);
});
