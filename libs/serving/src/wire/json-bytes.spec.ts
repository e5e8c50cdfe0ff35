import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Fragment } from './fragment.js';
import { INTEGER_MAX, JsonBytes } from './json-bytes.js';

it('writes integers as their texts', () => {
  const out = new JsonBytes();
  const integer = fc.oneof(fc.nat(), fc.constantFrom(0, 9, 10, 99, 100, INTEGER_MAX));
  fc.assert(
    fc.property(fc.array(integer), (integers) => {
      out.begin();
      for (const each of integers) out.integer(each);
      expect(out.written.toString('latin1')).toBe(integers.join(''));
    }),
  );
});

it('writes any text, ready or not, beyond the size that it began with', () => {
  const out = new JsonBytes();
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('ä'.repeat(50_000)));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 20 }), (texts) => {
      out.begin();
      for (const [each, isReady] of texts) {
        if (isReady) out.ready(new Fragment(each));
        else out.text(each);
      }
      expect(out.written.toString('utf8')).toBe(
        Buffer.from(texts.map(([each]) => each).join('')).toString('utf8'),
      );
    }),
    { numRuns: 50 },
  );
});
