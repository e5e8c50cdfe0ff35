/** An expression that cannot be compiled: what is wrong, where in the text, and what would be right. */
export class ExpressionError extends Error {
  constructor(
    message: string,
    /** Offsets into the expression's text. */
    readonly range: { readonly start: number; readonly end: number },
    readonly details: {
      readonly found?: string;
      readonly allowed?: readonly string[];
      readonly didYouMean?: string;
    } = {},
  ) {
    super(message);
    this.name = 'ExpressionError';
  }
}

/**
 * A value that an expression cannot go on with, such as `int("abc")`. It concerns one row: the row program
 * reports it beside the row, the neighbours go on.
 */
export class RowFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RowFault';
  }
}
