const LOOK_MS = 1_000;

/**
 * npm killed with -9 passes no signal on, and a task that serves until Ctrl-C would then serve for ever.
 * Orphaned processes get another parent: seeing that, the task asks itself to stop.
 */
export function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS);
  timer.unref();
}
