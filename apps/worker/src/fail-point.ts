import type { TurnStep } from '@millrace/actor';

/**
 * For fault tests (F2): kills this process as hard as `kill -9` when a step of a turn is done for the n-th time,
 * so that a crash between any two steps can be brought about exactly. Undefined where it is off.
 */
export function failPoint(text: string): ((step: TurnStep) => void) | undefined {
  if (text === 'off') return undefined;
  const [step, count] = text.split(':');
  let left = Number(count);
  return (done) => {
    if (done === step && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
