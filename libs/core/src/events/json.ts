import { isInteger, parse as parseLossless } from 'lossless-json';

/** A number of 16 digits or more where JSON has a value: only then can JSON.parse lose digits of an integer. */
const LONG_NUMBER = /[:[,\s]-?\d{16,}|^-?\d{16,}/;

/**
 * JSON.parse, except that integers which a double cannot hold come as bigint. The slow parser runs only over
 * text that holds such a number.
 * @throws SyntaxError where the text is no JSON, or is nested too deeply to read.
 */
export function parseExactJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  // First the strict one: it is the arbiter of what JSON is, and finds faults without recursion.
  const plain: unknown = JSON.parse(text);
  try {
    return parseLossless(text, null, {
      parseNumber: exactNumber,
      onDuplicateKey: ({ newValue }) => newValue,
    });
  } catch (error) {
    // Only nesting beyond the stack is left to fail; such a value holds no event field anyway.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}

/** `-9223372036854775808`: longer integers fit no int64, so their digits need not be kept. */
const INT64_LENGTH_MAX = 20;

function exactNumber(text: string): number | bigint {
  const value = Number(text);
  const keepsDigits = Number.isSafeInteger(value) || text.length > INT64_LENGTH_MAX || !isInteger(text);
  return keepsDigits ? value : BigInt(text);
}
