/** What a person typed into an input, as JSON text of the declared type, or what is wrong with it. */
export type TypedInput = { readonly json: string } | { readonly fault: string };

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Integers are never turned into a double on the way: an int64 keeps every digit. */
export function inputJson(type: string, text: string): TypedInput {
  const trimmed = text.trim();
  switch (type) {
    case 'int':
      if (!INTEGER.test(trimmed)) return { fault: 'Type a whole number.' };
      return { json: BigInt(trimmed.replace(/^\+/, '')).toString() };
    case 'float':
      if (!NUMBER.test(trimmed)) return { fault: 'Type a number, like 12.5.' };
      return { json: JSON.stringify(Number(trimmed)) };
    case 'bool':
      return trimmed === 'true' || trimmed === 'false' ? { json: trimmed } : { fault: 'Type true or false.' };
    case 'string':
    case 'timestamp':
    case 'bytes':
      return { json: JSON.stringify(text) };
    default:
      return listJson(trimmed);
  }
}

function listJson(text: string): TypedInput {
  try {
    if (Array.isArray(JSON.parse(text))) return { json: text };
  } catch {
    // Falls through to the same advice.
  }
  return { fault: 'Type a list, like [1, 2, 3].' };
}
