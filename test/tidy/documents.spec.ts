import path from 'node:path';
import { expect, test } from 'vitest';
import { readFiles, repositoryFiles } from './repository.js';

const files = repositoryFiles();

function textOf(file: string): string {
  return readFiles((candidate) => candidate === file)[0]?.text ?? '';
}

function foldersOf(parent: string): string[] {
  const pattern = new RegExp(`^${parent}/([^/]+)/`);
  return [...new Set(files.flatMap((file) => pattern.exec(file)?.[1] ?? []))];
}

test('ARCHITECTURE.md names every library and every app', () => {
  const text = textOf('ARCHITECTURE.md');
  const missing = [...foldersOf('libs'), ...foldersOf('apps')].filter((name) => !text.includes(name));
  expect(missing).toEqual([]);
});

test('ARCHITECTURE.md names the seven invariants', () => {
  const text = textOf('ARCHITECTURE.md');
  expect(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'].filter((invariant) => !text.includes(invariant))).toEqual(
    [],
  );
});

test('every link from a document to a file of this repository leads there', () => {
  const documents = readFiles((file) => file.endsWith('.md'));
  const broken = documents.flatMap(({ path: document, text }) =>
    [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
      .map((match) => path.posix.join(path.posix.dirname(document), match[1] ?? ''))
      .filter(
        (target) => !files.some((file) => file === target || file.startsWith(target.replace(/\/?$/, '/'))),
      )
      .map((target) => `${document}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every path of a source that a document names is there', () => {
  // Decisions tell of the code as it was.
  const documents = readFiles((file) => file.endsWith('.md') && !file.startsWith('docs/adr/'));
  const missing = documents.flatMap(({ path: document, text }) =>
    [...text.matchAll(/`((?:apps|libs|tools|test|bench|examples|deploy)\/[\w./-]+)`/g)]
      .map((match) => match[1] ?? '')
      .filter((named) => !files.some((file) => file === named || file.startsWith(`${named}/`)))
      .map((named) => `${document}: ${named}`),
  );
  expect(missing).toEqual([]);
});

test('the commands that CONTRIBUTING.md and README.md name exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const named = [...`${textOf('CONTRIBUTING.md')}${textOf('README.md')}`.matchAll(/npm run ([a-z]+)/g)];
  expect(named.map((match) => match[1] ?? '').filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('decisions are numbered without gaps', () => {
  const numbers = files
    .flatMap((file) => /^docs\/adr\/(\d{4})-/.exec(file)?.[1] ?? [])
    .map(Number)
    .toSorted((one, other) => one - other);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
