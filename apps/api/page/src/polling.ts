import { useEffect, useRef, useState } from 'preact/hooks';
import { asFault, isAbort } from './api/api.js';
import type { ApiFault } from './api/fault.js';

/** What was read last, and whether the newest try failed: an older value stays on show beside its fault. */
export interface Polled<T> {
  readonly value: T | undefined;
  readonly fault: ApiFault | undefined;
  /** Reads at once. */
  readonly again: () => void;
}

/** After a failed read, wait longer each time, up to this. */
const PAUSE_MS_MAX = 15_000;
/** A request to be refused again is repeated this seldom: the person may mend its cause elsewhere. */
const PAUSE_MS_REFUSED = 5_000;

/**
 * Reads at once and then again and again, each read `everyMs` after the answer of the one before; while the
 * tab is hidden not at all. Another `subject` forgets what was read; without one, nothing is read. Another
 * `variant` of the same subject is read at once, while what was read before stays on show.
 */
export function usePolled<T>(
  subject: string | undefined,
  everyMs: number | undefined,
  read: (signal: AbortSignal) => Promise<T>,
  variant = '',
): Polled<T> {
  const [state, setState] = useState<{ subject: string | undefined; value?: T; fault?: ApiFault }>({
    subject,
  });
  const [round, setRound] = useState(0);
  const reader = useRef(read);
  reader.current = read;

  useEffect(() => {
    if (subject === undefined) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let isReading = false;
    const next = (pauseMs: number): void => {
      timer = setTimeout(() => (document.hidden ? undefined : void once()), pauseMs);
    };
    const once = async (): Promise<void> => {
      isReading = true;
      try {
        const value = await reader.current(abort.signal);
        failures = 0;
        setState({ subject, value });
        if (everyMs !== undefined) next(everyMs);
      } catch (error) {
        if (abort.signal.aborted || isAbort(error)) return;
        const fault = asFault(error);
        setState((last) => ({ ...(last.subject === subject && last), subject, fault }));
        next(pauseAfter(fault, ++failures));
      } finally {
        isReading = false;
      }
    };
    const onVisible = (): void => {
      if (document.hidden || isReading) return;
      clearTimeout(timer);
      void once();
    };
    document.addEventListener('visibilitychange', onVisible);
    void once();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [subject, everyMs, variant, round]);

  const isCurrent = state.subject === subject;
  return {
    value: isCurrent ? state.value : undefined,
    fault: isCurrent ? state.fault : undefined,
    again: () => setRound((last) => last + 1),
  };
}

/** The api's own wish comes first. */
function pauseAfter(fault: ApiFault, failures: number): number {
  if (fault.retryAfterMs !== undefined) return fault.retryAfterMs;
  return fault.isTemporary ? Math.min(PAUSE_MS_MAX, 1_000 * 2 ** (failures - 1)) : PAUSE_MS_REFUSED;
}
