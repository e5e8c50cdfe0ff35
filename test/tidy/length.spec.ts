import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { typescriptFiles, type TextFile } from './repository.js';

/** Longer than this, a file holds more than one noun. */
const FILE_LINES_MAX = 400;
/** Longer than this, a function does more than one thing. */
const FUNCTION_LINES_MAX = 60;

/** Shrinking by less than this need not be entered in the ratchet. */
const SLACK_LINES = 25;

/**
 * What is longer today, and how long: it may shrink and must not grow. A number that is no longer needed
 * fails the test too, so that the list only ever gets shorter.
 */
const ratchet = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'length-ratchet.json'), 'utf8'),
) as Readonly<Record<string, number>>;

/** A suite of tests is as long as the specification that it spells out. */
const isSuite = (file: TextFile): boolean =>
  /\.(spec|test-d)\.ts$/.test(file.path) || file.path.startsWith('test/conformance/');
const sources = typescriptFiles().filter((file) => !isSuite(file));

function tooLong(lengths: Iterable<readonly [name: string, lines: number]>, limit: number): string[] {
  return [...lengths].flatMap(([name, lines]) => {
    const allowed = ratchet[name] ?? limit;
    return lines > allowed ? [`${name} has ${lines} lines; ${allowed} are allowed`] : [];
  });
}

test('no file is too long', () => {
  expect(tooLong(fileLengths(), FILE_LINES_MAX)).toEqual([]);
});

test('no function is too long', () => {
  expect(tooLong(functionLengths(), FUNCTION_LINES_MAX)).toEqual([]);
});

test('the ratchet holds only what is still needed', () => {
  const lengths = new Map([...fileLengths(), ...functionLengths()]);
  const outdated = Object.entries(ratchet).filter(([name, allowed]) => {
    const limit = name.includes('#') ? FUNCTION_LINES_MAX : FILE_LINES_MAX;
    const lines = lengths.get(name) ?? 0;
    return lines <= limit || lines < allowed - SLACK_LINES;
  });
  expect(outdated).toEqual([]);
});

function fileLengths(): [string, number][] {
  return sources.map((file) => [file.path, file.text.split('\n').length - 1]);
}

function functionLengths(): [string, number][] {
  return sources.flatMap((file) => functionsOf(file));
}

function functionsOf(file: TextFile): [string, number][] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const found: [string, number][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
      const last = tree.getLineAndCharacterOfPosition(node.end).line;
      found.push([`${file.path}#${nameOf(node, tree)}`, last - first + 1]);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** A function without a name of its own is known by what it is assigned to, else by its line. */
function nameOf(node: ts.SignatureDeclaration, tree: ts.SourceFile): string {
  const name = node.name?.getText(tree);
  if (name !== undefined) return name;
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText(tree);
  return `line ${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}
