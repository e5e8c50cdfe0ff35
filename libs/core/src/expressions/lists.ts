/** Elements of lists: from JSON values to code and back. */
import type { Code, ListCode } from './code.js';

/** The value as it stands in lists: null for null, true and false for truth values. */
export function valueRun(code: Code): (row: number) => unknown {
  if (code.kind === 'null') return () => null;
  if (code.kind !== 'number') return code.run;
  const { run, type } = code;
  return (row) => {
    const value = run(row);
    if (Number.isNaN(value)) return null;
    return type === 'bool' ? value === 1 : value;
  };
}

/** Code for one element of a list, by what the list holds. */
export function elementOf(list: ListCode, at: (row: number) => unknown, constant: boolean): Code {
  if (list.type === 'string_list') {
    const run = (row: number): string | null => {
      const element = at(row);
      return typeof element === 'string' ? element : null;
    };
    return { kind: 'string', type: 'string', run, constant };
  }
  const run = (row: number): number => {
    const element = at(row);
    if (typeof element === 'number') return element;
    if (typeof element === 'boolean') return element ? 1 : 0;
    return typeof element === 'bigint' ? Number(element) : Number.NaN;
  };
  const type = list.type === 'bool_list' ? 'bool' : list.type === 'float_list' ? 'float' : 'int';
  return { kind: 'number', type, run, constant };
}
