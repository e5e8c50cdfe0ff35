import { expect, test } from 'vitest';
import { readFiles, typescriptFiles } from './repository.js';

/** Comment at the top of the file, after the flags line where there is one. */
const LUA_HEADER = /^(?:#![^\n]*\n)?(?:--\[\[[^]*?\]\]|(?:--[^\n]*\n|\s*\n)+)/;

test('each Lua file is one atomic operation whose header lists KEYS, ARGV, what it returns and what it keeps', () => {
  const found = readFiles((file) => file.endsWith('.lua')).flatMap(({ path, text }) => {
    const header = LUA_HEADER.exec(text)?.[0] ?? '';
    const body = text.slice(header.length);
    const required = [
      ...[/\bKEYS\b/, /\bARGV\b/].filter((list) => list.test(body)),
      /\breturns?\b/i,
      // A script of a benchmark's limit keeps nothing: it is what a script costs that does not.
      ...(path.startsWith('bench/') ? [] : [/\b(invariants?|keeps|I[1-7])\b/i]),
    ];
    return required
      .filter((part) => !part.test(header))
      .map((part) => `${path}: no ${part.source} in its header`);
  });
  expect(found).toEqual([]);
});

test('the environment is read in one place per process', () => {
  const mayRead =
    /^(tools|test|bench)\/|\/config\.ts$|\/main\.ts$|\.spec\.ts$|^libs\/core\/src\/environment\.ts$|\.config\.ts$/;
  const found = typescriptFiles()
    .filter((file) => !mayRead.test(file.path) && /\bprocess\.env\b/.test(file.text))
    .map((file) => file.path);
  expect(found).toEqual([]);
});

test('every index names what it exports', () => {
  const found = typescriptFiles()
    .filter((file) => /^\s*export \*/m.test(file.text))
    .map((file) => file.path);
  expect(found).toEqual([]);
});

test('no test sleeps: it waits for a fact', () => {
  const sleep = /timers\/promises|new Promise[^;]{0,80}setTimeout\(/;
  const found = typescriptFiles()
    .filter((file) => file.path.endsWith('.spec.ts') && sleep.test(file.text))
    .filter((file) => !file.path.startsWith('test/tidy/'))
    .map((file) => file.path);
  expect(found).toEqual([]);
});
