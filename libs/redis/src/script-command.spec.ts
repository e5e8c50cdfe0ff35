import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ScriptCommand } from './script-command.js';
import type { ScriptArgument } from './script.js';

/** The command as the protocol of Redis says it, in the plainest words. */
function asTheProtocolHasIt(args: readonly ScriptArgument[]): Buffer {
  const pieces = args.flatMap((argument) => {
    const bytes = typeof argument === 'object' ? argument : Buffer.from(String(argument));
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...pieces]);
}

const text = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.integer({ min: 0, max: 200_000 }).map((length) => 'é'.repeat(length)),
);
const argument: fc.Arbitrary<ScriptArgument> = fc.oneof(
  text,
  fc.integer(),
  fc.uint8Array({ maxLength: 300 }),
  // Such that the scratch ends in one of them.
  fc.integer({ min: 0, max: 9_000 }).map((length) => new Uint8Array(length).fill(7)),
);

it('is written as the protocol has it, whatever its arguments and those of the command before', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), fc.array(argument, { maxLength: 40 }), (keys, values) => {
      const written = new ScriptCommand('EVALSHA', 'sha', keys, values).toWritable();
      const expected = asTheProtocolHasIt(['EVALSHA', 'sha', keys.length, ...keys, ...values]);
      expect(written.equals(expected)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('leaves nothing of a command that could not be written to the next one', () => {
  const broken = new ScriptCommand('EVALSHA', 'sha', [], [Buffer.from('before'), undefined as never]);
  expect(() => broken.toWritable()).toThrow(TypeError);
  const next = new ScriptCommand('EVALSHA', 'sha', [], [1]).toWritable();
  expect(next.toString()).toBe('*4\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$1\r\n0\r\n$1\r\n1\r\n');
});
