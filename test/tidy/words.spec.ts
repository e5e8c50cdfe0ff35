import { expect, test } from 'vitest';
import { readFiles, repositoryFiles, typescriptFiles } from './repository.js';

/** Words of docs/glossary.md's last section: they name nothing, so they hide what a thing is. */
const EMPTY_WORDS = /^(managers?|helpers?|utils?|utilities|commons?|shared|misc|stuff)$/i;
/** The only file that may spell what is forbidden. */
const THIS_FILE = 'test/tidy/words.spec.ts';
const EMPTY_CLASS_NAME = /(Manager|Helper|Utils?|Service|Info|Data)$/;

test('no file or folder has a name that says nothing', () => {
  const found = repositoryFiles().filter((file) =>
    file
      .replace(/\.[^/]*$/, '')
      .split(/[/.-]/)
      .some((word) => EMPTY_WORDS.test(word)),
  );
  expect(found).toEqual([]);
});

test('no class is called manager, helper, service, info or data', () => {
  const found = typescriptFiles().flatMap((file) =>
    [...file.text.matchAll(/\b(?:class|interface)\s+([A-Z]\w*)/g)]
      .map((match) => match[1] ?? '')
      .filter((name) => EMPTY_CLASS_NAME.test(name))
      .map((name) => `${file.path}: ${name}`),
  );
  expect(found).toEqual([]);
});

test('nothing is left for later in a comment', () => {
  const marker = /\b(TODO|FIXME|XXX|HACK)\b/;
  const found = readFiles((file) => /\.(ts|mjs|lua|sql|ya?ml|md)$/.test(file) && file !== THIS_FILE)
    .filter((file) => marker.test(file.text))
    .map((file) => file.path);
  expect(found).toEqual([]);
});

test('no file names a host of a package registry', () => {
  const host = /registry\.npmjs|registry\.yarnpkg|npm\.pkg\.github/;
  const found = readFiles((file) => !/\.(png|svg|ico|parquet)$/.test(file) && file !== THIS_FILE)
    .filter((file) => host.test(file.text))
    .map((file) => file.path);
  expect(found).toEqual([]);
});

test('Nest modules are wired without circles', () => {
  const circle = /\bforwardRef\(/;
  const found = typescriptFiles()
    .filter((file) => circle.test(file.text) && file.path !== THIS_FILE)
    .map((file) => file.path);
  expect(found).toEqual([]);
});
