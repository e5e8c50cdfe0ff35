/**
 * JSON as it was written: a number that a double would show differently (`3.0`, or an int64 beyond 2^53) keeps
 * its text, so that the page shows what a model reads.
 */
export type ExactJson =
  | null
  | boolean
  | number
  | string
  | WrittenNumber
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson };

export class WrittenNumber {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** The third argument of revivers; a browser that is too old for it passes none, and shows doubles. */
interface ReviverContext {
  readonly source?: string;
}

/** @throws SyntaxError */
export function parseExactJson(text: string): ExactJson {
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || source === String(value)) return value;
    return new WrittenNumber(source);
  }) as ExactJson;
}
