import type { TurnStep } from '@millrace/actor';

/**
 * For fault tests: `applied:7` kills this process as hard as `kill -9` when that step of a turn is done for the
 * seventh time, `applied:7:stop` freezes it (SIGSTOP) every seventh time, until somebody sends SIGCONT. So a
 * crash or a pause between any two steps can be brought about exactly. Undefined where it is off.
 */
export function failPoint(text: string): ((step: TurnStep) => void) | undefined {
  if (text === 'off') return undefined;
  const [step, every, stop] = text.split(':');
  let done = 0;
  return (current) => {
    if (current !== step || ++done % Number(every) !== 0) return;
    process.kill(process.pid, stop === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  };
}
