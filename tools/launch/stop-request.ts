/**
 * Resolves with the signal when the user or the system asks this process to stop. From the first call on,
 * those signals no longer end the process by themselves; a second Ctrl-C does, for whoever cannot wait (the
 * guard then cleans up).
 */
export function untilAskedToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}
