import fs from 'node:fs';

const LOOK_MS = 1_000;

/**
 * npm killed with -9 passes no signal on, and a task that serves until Ctrl-C would then serve for ever.
 * Orphaned processes get another parent: seeing that of itself, or of the shell that npm starts scripts with,
 * the task asks itself to stop.
 */
export function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS);
  timer.unref();
}

/** Parent and grandparent; the latter only where /proc tells (elsewhere shells replace themselves by us). */
function ancestors() {
  try {
    const afterName = fs.readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1);
    return `${process.ppid} ${afterName.split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}
