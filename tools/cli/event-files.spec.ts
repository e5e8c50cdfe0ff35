import { describe, expect, it } from 'vitest';
import { csvCells, csvValue } from './event-files.js';

describe('a line of CSV', () => {
  it.each([
    ['a,b,c', ['a', 'b', 'c']],
    ['a,,', ['a', '', '']],
    ['"a,b","say ""hi"""', ['a,b', 'say "hi"']],
  ])('%s has the cells %j', (line, cells) => {
    expect(csvCells(line)).toEqual(cells);
  });
});

describe('a cell of CSV', () => {
  it.each([
    ['', 'int', null],
    ['12', 'int', 12],
    ['-9007199254740993', 'int', -9_007_199_254_740_993n],
    ['late', 'int', 'late'],
    ['true', 'bool', true],
    ['2001-01-14T21:55:00Z', 'timestamp', '2001-01-14T21:55:00Z'],
    ['1700000000000', 'timestamp', 1_700_000_000_000],
    ['[1, 2]', 'int_list', [1, 2]],
    ['0012', 'string', '0012'],
  ] as const)('%s of type %s is sent as %s', (text, type, value) => {
    expect(csvValue(text, type)).toEqual(value);
  });
});
