import { slipOf } from './nearest-name.js';

/**
 * Configuration by environment: a table of variables in, one frozen typed object out. A wrong value stops the
 * boot with every fault at once, each naming the variable, the value and what is allowed. Pure: the caller
 * passes `process.env`.
 */
export interface Variable<T> {
  /** For a person who reads `--help` or the documentation. */
  readonly about: string;
  /** What is allowed, as the message says it: `an integer from 1 to 65535`. */
  readonly allowed: string;
  readonly fallback: T | undefined;
  /** Never printed, not even in a message about itself. */
  readonly secret: boolean;
  read(text: string): T | undefined;
}

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

type Values<S> = { readonly [K in keyof S]: S[K] extends Variable<infer T> ? T : never };

/** Reads every variable of the table. @throws EnvironmentError naming all that are wrong or missing. */
export function readEnvironment<S extends Readonly<Record<string, Variable<unknown>>>>(
  variables: S,
  environment: Readonly<Record<string, string | undefined>>,
): Values<S> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const text = environment[name];
    // An empty variable is an unset one: that is what `FOO=` in a compose file means.
    if (text === undefined || text === '') {
      if (variable.fallback === undefined) faults.push(`${name} is not set; allowed: ${variable.allowed}`);
      values[name] = variable.fallback;
      continue;
    }
    const value = variable.read(text);
    if (value === undefined) {
      const shown = variable.secret ? 'its value (not shown)' : JSON.stringify(text);
      faults.push(`${name}: ${shown} is not allowed; allowed: ${variable.allowed}`);
    }
    values[name] = value;
  }
  faults.push(...misspelt(Object.keys(variables), environment));
  if (faults.length > 0) throw new EnvironmentError(faults);
  return Object.freeze(values) as Values<S>;
}

const OURS = 'MILLRACE_';

/** A misspelt variable would be a default without a word. What is unlike any is left alone: the apps share environments. */
function misspelt(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith(OURS) || names.includes(name)) return [];
    const meant = slipOf(name, names);
    return meant === undefined ? [] : [`${name} is no variable of this process; did you mean ${meant}?`];
  });
}

export function integerVariable(
  about: string,
  range: { readonly min: number; readonly max: number; readonly fallback?: number },
): Variable<number> {
  return {
    about,
    allowed: `an integer from ${range.min} to ${range.max}`,
    fallback: range.fallback,
    secret: false,
    read: (text) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
      return value >= range.min && value <= range.max ? value : undefined;
    },
  };
}

/** A share from 0 to 1. */
export function ratioVariable(about: string, fallback: number): Variable<number> {
  return {
    about,
    allowed: 'a number from 0 to 1',
    fallback,
    secret: false,
    read: (text) => {
      const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
      return value <= 1 ? value : undefined;
    },
  };
}

export function textVariable(
  about: string,
  options: { readonly fallback?: string; readonly pattern?: RegExp; readonly allowed?: string } = {},
): Variable<string> {
  return {
    about,
    allowed: options.allowed ?? 'a text that is not empty',
    fallback: options.fallback,
    secret: false,
    read: (text) => (options.pattern && !options.pattern.test(text) ? undefined : text),
  };
}

export function choiceVariable<T extends string>(
  about: string,
  choices: readonly T[],
  fallback?: T,
): Variable<T> {
  return {
    about,
    allowed: `one of ${choices.join(', ')}`,
    fallback,
    secret: false,
    read: (text) => choices.find((choice) => choice === text),
  };
}

/** The seeds of a cluster: `redis+cluster://user:password@host:port,host:port`, which no URL parser takes as it is. */
const SEVERAL_HOSTS = /^([a-z]+\+cluster:\/\/(?:[^@/,]*@)?)([^@/]+)\/?$/;

/** A URL of one of the given schemes; it may hold a password, so it is never printed. */
export function urlVariable(
  about: string,
  schemes: readonly string[],
  example: string,
  fallback?: string,
): Variable<string> {
  return {
    about,
    allowed: `a URL like ${example}`,
    fallback,
    secret: true,
    read: (text) => {
      const [, before = '', hosts] = SEVERAL_HOSTS.exec(text) ?? [];
      const urls = hosts?.split(',').map((host) => before + host) ?? [text];
      const isAllowed = (url: string): boolean =>
        url !== before && URL.canParse(url) && schemes.includes(new URL(url).protocol.replace(/:$/, ''));
      return urls.every(isAllowed) ? text : undefined;
    },
  };
}

/** A secret: any text that is long enough. Empty by default where it may be absent. */
export function secretVariable(
  about: string,
  options: { readonly minLength: number; readonly fallback?: string },
): Variable<string> {
  return {
    about,
    allowed: `a secret of at least ${options.minLength} characters`,
    fallback: options.fallback,
    secret: true,
    read: (text) => (text.length >= options.minLength ? text : undefined),
  };
}
