import type { JSX } from 'preact';
import type { Evidence } from '../api/vectors.js';
import { durationText } from '../text/durations.js';
import type { WindowScale } from './window-scale.js';

interface WindowBarProps {
  readonly evidence: Evidence;
  readonly asOfMs: number;
  readonly scale: WindowScale;
}

const HEIGHT = 10;

/**
 * The window as a bar that ends now, and the group's newest event as a tick that moves into the past with
 * each read, until it has left the window. Drawn with attributes only: the page has no inline styles.
 */
export function WindowBar({ evidence, asOfMs, scale }: WindowBarProps): JSX.Element {
  const { window, newestEventTime, events = 0 } = evidence;
  const ageOf = (iso: string): number => asOfMs - Date.parse(iso);
  const left = window?.from == null ? 0 : scale.position(ageOf(window.from));
  const right = window?.to == null ? 100 : scale.position(ageOf(window.to));
  const newest = newestEventTime === null ? undefined : ageOf(newestEventTime);
  const inside = newest !== undefined && scale.position(newest) >= left;
  return (
    <svg
      class="window-bar"
      viewBox={`0 0 100 ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={newest === undefined ? 'no event yet' : `newest event ${durationText(newest)} ago`}
    >
      <rect class="track" x="0" y="4" width="100" height="2" />
      <rect
        class={events === 0 ? 'span hollow' : 'span'}
        x={left}
        y="2.5"
        width={Math.max(0.5, right - left)}
        height="5"
        rx="1"
      />
      {newest !== undefined && (
        <rect
          class={inside ? 'tick' : 'tick outside'}
          x={Math.min(98.8, scale.position(newest))}
          y="0"
          width="1.2"
          height={HEIGHT}
        />
      )}
    </svg>
  );
}
