import { FUNCTION_LIMITS, SESSION_LONGEST_MS_DEFAULT } from '../aggregations/functions.js';
import type { WindowDefinition } from '../definitions/definitions.js';
import { formatDuration, parseDuration, type DurationMs } from '../time.js';
import type { FaultSink } from './definition-fault.js';
import type { WindowPlan } from './plan.js';

/** A window, and its part of the names of features: `1h`, `lifetime`, `last100`, `tumbling_1d`. */
export interface NamedWindow {
  readonly label: string;
  readonly plan: WindowPlan;
}

export function compileWindow(definition: WindowDefinition, faults: FaultSink): NamedWindow | undefined {
  if (typeof definition === 'string') return compileSliding(definition, faults);
  if ('records' in definition) return compileRecords(definition, faults.in('records'), faults.in('within'));
  if ('tumbling' in definition) return compileTumbling(definition, faults);
  return compileSession(definition, faults);
}

function compileSliding(text: string, faults: FaultSink): NamedWindow | undefined {
  if (text === 'lifetime') return { label: 'lifetime', plan: { kind: 'lifetime' } };
  const lengthMs = compileLength(text, faults);
  return lengthMs === undefined ? undefined : { label: text, plan: { kind: 'sliding', lengthMs } };
}

function compileRecords(
  { records, within }: { readonly records: number; readonly within?: string },
  recordsFaults: FaultSink,
  withinFaults: FaultSink,
): NamedWindow | undefined {
  const { recordsMax } = FUNCTION_LIMITS;
  if (!Number.isInteger(records) || records < 1 || records > recordsMax) {
    recordsFaults.report('WINDOW', `records must be a whole number from 1 to ${recordsMax}, got ${records}`, {
      found: records,
    });
    return undefined;
  }
  if (within === undefined) return { label: `last${records}`, plan: { kind: 'records', count: records } };
  const withinMs = compileLength(within, withinFaults);
  if (withinMs === undefined) return undefined;
  return { label: `last${records}_${within}`, plan: { kind: 'records', count: records, withinMs } };
}

function compileTumbling(
  { tumbling, offset }: { readonly tumbling: string; readonly offset?: string },
  faults: FaultSink,
): NamedWindow | undefined {
  const lengthMs = compileLength(tumbling, faults.in('tumbling'));
  const isZero = offset === undefined || /^0(ms|s|m|h|d)$/.test(offset);
  const offsetMs = isZero ? 0 : compileDuration(offset, faults.in('offset'));
  if (lengthMs === undefined || offsetMs === undefined) return undefined;
  if (offsetMs >= lengthMs) {
    faults.in('offset').report('WINDOW', `the offset ${offset} must be shorter than the window ${tumbling}`, {
      found: offset,
    });
    return undefined;
  }
  const label = offsetMs === 0 ? `tumbling_${tumbling}` : `tumbling_${tumbling}_from_${offset}`;
  return { label, plan: { kind: 'tumbling', lengthMs, offsetMs } };
}

function compileSession(
  { session, longest }: { readonly session: string; readonly longest?: string },
  faults: FaultSink,
): NamedWindow | undefined {
  const gapMs = compileLength(session, faults.in('session'));
  const longestMs =
    longest === undefined ? defaultLongest(gapMs ?? 0) : compileLength(longest, faults.in('longest'));
  if (gapMs === undefined || longestMs === undefined) return undefined;
  if (longestMs < gapMs) {
    faults
      .in('longest')
      .report('WINDOW', `the longest session ${longest} is shorter than its gap ${session}`, {
        found: longest,
      });
    return undefined;
  }
  const longestMsMax = FUNCTION_LIMITS.sessionGapsMax * gapMs;
  if (longestMs > longestMsMax) {
    const allowed = formatDuration(longestMsMax);
    faults
      .in('longest')
      .report('WINDOW', `a session with gaps of ${session} may last at most ${allowed}, got ${longest}`, {
        found: longest,
        allowed: [allowed],
      });
    return undefined;
  }
  return { label: `session_${session}`, plan: { kind: 'session', gapMs, longestMs } };
}

/** A day, or what the limit of gaps leaves of it, and never less than the gap itself. */
function defaultLongest(gapMs: DurationMs): DurationMs {
  const longestMs = Math.min(SESSION_LONGEST_MS_DEFAULT, FUNCTION_LIMITS.sessionGapsMax * gapMs);
  return Math.max(longestMs, gapMs);
}

/** A window's length: a duration within the bounds that the engine can keep. */
function compileLength(text: string, faults: FaultSink): DurationMs | undefined {
  const lengthMs = compileDuration(text, faults, 'WINDOW');
  if (lengthMs === undefined) return undefined;
  const { windowMsMin, windowMsMax } = FUNCTION_LIMITS;
  if (lengthMs >= windowMsMin && lengthMs <= windowMsMax) return lengthMs;
  const bounds = `${formatDuration(windowMsMin)} to ${formatDuration(windowMsMax)}`;
  faults.report('WINDOW', `a window must be ${bounds} long, got ${text}`, { found: text });
  return undefined;
}

export function compileDuration(
  text: string,
  faults: FaultSink,
  code: 'DURATION' | 'WINDOW' = 'DURATION',
): DurationMs | undefined {
  const lengthMs = parseDuration(text);
  if (lengthMs !== undefined) return lengthMs;
  const forms = ['90s', '15m', '1h', '7d', ...(code === 'WINDOW' ? ['lifetime'] : [])];
  faults.report(code, `cannot read the length of time "${text}"; write it like ${forms.join(', ')}`, {
    found: text,
    allowed: forms,
  });
  return undefined;
}
