import type { Code } from './code.js';

/** Resolves the names of an expression. */
export interface Scope {
  variable(name: string): Code | undefined;
  /** All names that resolve, for messages. */
  readonly names: readonly string[];
  /** True in the body of a macro, where no other macro may stand. */
  readonly insideMacro?: boolean;
}
