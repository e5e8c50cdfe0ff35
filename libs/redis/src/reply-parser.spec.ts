import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReplyParser } from './reply-parser.js';
import { StoredFields } from './stored-fields.js';

type Value = Buffer | null;

const value = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.nat({ max: 30_000 }).map((length) => Buffer.alloc(length, 'x\r\n')),
  // What looks like the protocol itself must be read as bytes.
  fc.constantFrom('\r\n', '$-1\r\n', '*2\r\n', '').map((text) => Buffer.from(text)),
);
const reply = fc.oneof(
  fc.array(value, { minLength: 1, maxLength: 6 }),
  fc.constantFrom('WRONGTYPE not a hash', 'LOADING').map((text) => new Error(text)),
);

function bytesOf(given: readonly Value[] | Error, resp: 2 | 3): Buffer {
  if (given instanceof Error) return Buffer.from(`-${given.message}\r\n`);
  return Buffer.concat([
    Buffer.from(`*${given.length}\r\n`),
    ...given.flatMap((each) =>
      each === null
        ? [Buffer.from(resp === 2 ? '$-1\r\n' : '_\r\n')]
        : [Buffer.from(`$${each.length}\r\n`), each, Buffer.from('\r\n')],
    ),
  ]);
}

it('reads the same replies however their bytes are cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(reply, { maxLength: 5 }),
      fc.constantFrom(2 as const, 3 as const),
      // Pieces of a kilobyte and more: what is copied of a chunk at a time is shorter.
      fc.array(fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 30_000 })), { maxLength: 40 }),
      (replies, resp, cuts) => {
        const bytes = Buffer.concat(replies.map((each) => bytesOf(each, resp)));
        const read: (readonly (Uint8Array | null)[] | Error)[] = [];
        const parser = new ReplyParser((each) => read.push(each instanceof Error ? each : each.values));
        let at = 0;
        for (const length of cuts) {
          if (at + length > at) parser.push(bytes.subarray(at, at + length));
          at += length;
        }
        if (at < bytes.length) parser.push(bytes.subarray(at));
        expect(read).toEqual(replies);
      },
    ),
  );
});

it('makes of values what Redis answers', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
      const fields = StoredFields.of(values);
      expect(fields.values).toEqual(values);
      const copy = Buffer.alloc(fields.length + 7);
      fields.copyTo(copy, 7);
      expect(copy.subarray(7)).toEqual(bytesOf(values, 2));
      expect(fields.isCopiedTo(copy, 7, fields.length)).toBe(true);
      expect(fields.isCopiedTo(copy, 7, fields.length - 1)).toBe(false);
      copy[7 + fields.length - 1] = 0;
      expect(fields.isCopiedTo(copy, 7, fields.length)).toBe(false);
    }),
  );
});

it.each(['+OK\r\n', ':1\r\n', '*0\r\n', '*-1\r\n', '*1\r\n:1\r\n', '>2\r\n'])(
  'refuses %j, which is no reply to HMGET',
  (text) => {
    expect(() => new ReplyParser(() => {}).push(Buffer.from(text))).toThrow('Redis answered HMGET with');
  },
);
