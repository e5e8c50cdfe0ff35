import { systemProgram, type SystemProgram } from './system-program.js';

const REDIS: SystemProgram = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  debianPackage: 'redis-server',
  brewFormula: 'redis',
  byHand: [
    'No Redis was found, and it cannot be installed here without asking you. Type one of',
    '    sudo apt-get install redis-server        (Debian, Ubuntu)',
    '    brew install redis                       (macOS)',
    'or name a running one:',
    '    REDIS_URL=redis://host:6379 npm run …',
  ].join('\n'),
};

/** The path of a Redis or Valkey server: found on the PATH, else installed where that needs no question. */
export function redisBinary(say: (line: string) => void): Promise<string> {
  return systemProgram(REDIS, say);
}
