import { describe, expect, it } from 'vitest';
import {
  choiceVariable,
  EnvironmentError,
  integerVariable,
  readEnvironment,
  secretVariable,
  textVariable,
  urlVariable,
} from './environment.js';

const variables = {
  REDIS_URL: urlVariable('Redis', ['redis', 'rediss'], 'redis://localhost:6379'),
  MILLRACE_API_PORT: integerVariable('port', { min: 1, max: 65_535, fallback: 6566 }),
  MILLRACE_LOG_LEVEL: choiceVariable('log', ['debug', 'info'], 'info'),
  MILLRACE_KEY_PREFIX: textVariable('prefix', { fallback: 'millrace:' }),
  MILLRACE_SECRET: secretVariable('secret', { minLength: 8, fallback: '' }),
};

describe('the environment', () => {
  it('gives a frozen object with fallbacks for what is unset or empty', () => {
    const config = readEnvironment(variables, { REDIS_URL: 'redis://r', MILLRACE_KEY_PREFIX: '' });
    expect(config).toEqual({
      REDIS_URL: 'redis://r',
      MILLRACE_API_PORT: 6566,
      MILLRACE_LOG_LEVEL: 'info',
      MILLRACE_KEY_PREFIX: 'millrace:',
      MILLRACE_SECRET: '',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every wrong variable, its value and what is allowed, in one error', () => {
    const read = () => readEnvironment(variables, { MILLRACE_API_PORT: '66000', MILLRACE_LOG_LEVEL: 'loud' });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(
      [
        'REDIS_URL is not set; allowed: a URL like redis://localhost:6379',
        'MILLRACE_API_PORT: "66000" is not allowed; allowed: an integer from 1 to 65535',
        'MILLRACE_LOG_LEVEL: "loud" is not allowed; allowed: one of debug, info',
      ].join('\n'),
    );
  });

  it('names a variable that is misspelt, and leaves alone what is like none', () => {
    const read = (name: string): unknown =>
      readEnvironment(variables, { REDIS_URL: 'redis://r', [name]: 'x' });
    expect(() => read('MILLRACE_LOG_LEVL')).toThrow(
      'MILLRACE_LOG_LEVL is no variable of this process; did you mean MILLRACE_LOG_LEVEL?',
    );
    for (const name of ['MILLRACE_PAGE_PORT', 'MILLRACE_API_KEY', 'LOG_LEVL'])
      expect(() => read(name)).not.toThrow();
  });

  it('takes the seeds of a cluster, each with its port', () => {
    const cluster = { REDIS_URL: urlVariable('Redis', ['redis', 'redis+cluster'], 'redis://localhost:6379') };
    for (const url of [
      'redis+cluster://a:1,b:2,c:3',
      'redis+cluster://user:secret@a:1,b:2',
      'redis+cluster://a',
    ]) {
      expect(readEnvironment(cluster, { REDIS_URL: url })).toEqual({ REDIS_URL: url });
    }
    for (const url of [
      'redis+cluster://a:1,b:x',
      'redis+cluster://a,,b',
      'redis://a:1,b:2',
      'http+cluster://a',
    ]) {
      expect(() => readEnvironment(cluster, { REDIS_URL: url })).toThrow('REDIS_URL');
    }
  });

  it('never prints a secret or a URL that may hold one', () => {
    expect(() =>
      readEnvironment(variables, { REDIS_URL: 'http://:hunter2@r', MILLRACE_SECRET: 'short' }),
    ).toThrow(
      'REDIS_URL: its value (not shown) is not allowed; allowed: a URL like redis://localhost:6379\n' +
        'MILLRACE_SECRET: its value (not shown) is not allowed; allowed: a secret of at least 8 characters',
    );
  });
});
