import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of Linux's /proc, which are hundredths of a second on every platform that Node runs on. */
const TICK_MS = 10;

/** Processor time that another process has used, in ms; NaN where there is no /proc. */
export function processCpuMs(pid: number): number {
  return statOf(pid)?.cpuMs ?? NaN;
}

/** The same of a process and all that descend from it and are still there. */
export function processTreeCpuMs(root: number): number {
  const stats = new Map(processIds().map((pid) => [pid, statOf(pid)]));
  const isOfTree = (pid: number): boolean =>
    pid === root || (pid > 1 && isOfTree(stats.get(pid)?.parent ?? 0));
  let sumMs = stats.has(root) ? 0 : NaN;
  for (const [pid, stat] of stats) if (isOfTree(pid)) sumMs += threadsCpuMs(pid) ?? stat?.cpuMs ?? 0;
  return sumMs;
}

/** To the nanosecond, of the threads that live; undefined where the kernel does not tell. */
function threadsCpuMs(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1))
      .reduce((sumMs, [nanos]) => sumMs + Number(nanos) / 1e6, 0);
  } catch {
    return undefined;
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Undefined for a process that is gone. */
function statOf(pid: number): { readonly parent: number; readonly cpuMs: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may hold spaces; it ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}
