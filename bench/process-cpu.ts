import { readFileSync } from 'node:fs';

/** Clock ticks of Linux's /proc, which are hundredths of a second on every platform that Node runs on. */
const TICK_MS = 10;

/** Processor time that another process has used, in ms; NaN where there is no /proc. */
export function processCpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may hold spaces; it ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return NaN;
  }
}
