type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y';

/** `90s`, `15m`, `1.5h`, `7d` */
export type Duration = `${number}${Unit}`;

export type Window =
  | Duration
  | 'lifetime'
  | { readonly records: number; readonly within?: Duration }
  | { readonly tumbling: Duration; readonly offset?: Duration }
  | { readonly session: Duration; readonly longest?: Duration };

/** The window's part of the name of a feature. */
export type WindowLabel<W> = W extends string
  ? W
  : W extends { readonly records: infer N extends number; readonly within: infer D extends string }
    ? `last${N}_${D}`
    : W extends { readonly records: infer N extends number }
      ? `last${N}`
      : W extends { readonly tumbling: infer D extends string; readonly offset: `0${Unit}` }
        ? `tumbling_${D}`
        : W extends { readonly tumbling: infer D extends string; readonly offset: infer O extends string }
          ? `tumbling_${D}_from_${O}`
          : W extends { readonly tumbling: infer D extends string }
            ? `tumbling_${D}`
            : W extends { readonly session: infer D extends string }
              ? `session_${D}`
              : never;
