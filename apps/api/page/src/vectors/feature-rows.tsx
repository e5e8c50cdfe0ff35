import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { FeatureValue, Status, VectorWindow } from '../api/vectors.js';
import { durationText } from '../text/durations.js';
import { counted, countText } from '../text/numbers.js';
import { evidenceText } from './evidence-text.js';
import { exactText, shortText } from './value-text.js';
import { WindowBar } from './window-bar.js';
import type { WindowScale } from './window-scale.js';
import { lastText, windowText } from './window-text.js';

const STATUS_TEXTS: Readonly<Record<Status, { readonly short: string; readonly long: string }>> = {
  PRESENT: { short: 'present', long: 'The value is there.' },
  NULL_VALUE: { short: 'null', long: 'Known, but there is nothing to make a value of.' },
  NOT_FOUND: { short: 'not found', long: 'Nothing is stored for this entity.' },
  OUTSIDE_MAX_AGE: { short: 'too old', long: 'Older than the TTL of the group: the value is withheld.' },
  INVALID: { short: 'invalid', long: 'The group or the expression could not be read.' },
};

interface FeatureRowsProps {
  readonly feature: FeatureValue;
  readonly asOfMs: number;
  readonly scale: WindowScale;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** One feature in one row; pressed, a second one tells all that the answer says about it. */
export function FeatureRows({ feature, asOfMs, scale, isOpen, onToggle }: FeatureRowsProps): JSX.Element {
  const { name, evidence } = feature;
  const proof = evidence ? evidenceText(evidence) : undefined;
  const detailId = `detail-${name}`;
  return (
    <>
      <tr role="row">
        <th role="rowheader" scope="row">
          <button
            type="button"
            class="disclosure"
            aria-expanded={isOpen}
            aria-controls={isOpen ? detailId : undefined}
            onClick={onToggle}
          >
            {name}
          </button>
        </th>
        <td role="cell" class="value">
          <Value feature={feature} />
        </td>
        <td role="cell" class="window">
          {evidence?.window && (
            <>
              <WindowBar evidence={evidence} asOfMs={asOfMs} scale={scale} />
              <span>{windowText(evidence.window, asOfMs)}</span>
            </>
          )}
          {evidence?.derivedFrom && <span class="note">derived</span>}
        </td>
        <td role="cell" class="number events">
          {evidence?.events !== undefined && (
            <>
              {countText(evidence.events)}
              <span class="narrow-only"> {evidence.events === 1 ? 'event' : 'events'}</span>
            </>
          )}
        </td>
        <td role="cell" class="proof">
          {proof && <span class={proof.isExact ? 'chip good' : 'chip warn'}>{proof.short}</span>}
        </td>
      </tr>
      {isOpen && (
        <tr role="row" id={detailId} class="detail">
          <td role="cell" colSpan={5}>
            <Detail feature={feature} />
          </td>
        </tr>
      )}
    </>
  );
}

/** A value that changed since the row came up is a new element, so that it lights up once (page.css). */
function Value({ feature: { value, status } }: { readonly feature: FeatureValue }): JSX.Element {
  const text = shortText(value);
  const first = useRef(text);
  const isPresent = status === 'PRESENT';
  return (
    <>
      {(isPresent || value !== null) && (
        <span key={text} class={text === first.current ? undefined : 'changed'}>
          {text}
        </span>
      )}
      {!isPresent && (
        <span class={`chip ${status === 'INVALID' ? 'bad' : 'plain'}`}>{STATUS_TEXTS[status].short}</span>
      )}
    </>
  );
}

function Detail({
  feature: { value, status, eventTime, evidence },
}: {
  readonly feature: FeatureValue;
}): JSX.Element {
  const { window, events, derivedFrom } = evidence ?? {};
  const proof = evidence ? evidenceText(evidence) : undefined;
  return (
    <dl class="facts">
      <Fact term="Value">
        <code>{exactText(value)}</code>
      </Fact>
      <Fact term="Status">
        <code>{status}</code> {STATUS_TEXTS[status].long}
      </Fact>
      {window && (
        <Fact term="Window">
          <From window={window} /> up to {window.to === null ? 'now' : instant(window.to)}
          {events !== undefined && `, ${counted(events, 'event')} counted`}
        </Fact>
      )}
      {derivedFrom && (
        <Fact term="Derived from">
          {derivedFrom.length === 0 && 'what the request brings'}
          {derivedFrom.map((reference) => (
            <code key={reference}>{reference} </code>
          ))}
        </Fact>
      )}
      {proof && <Fact term="Evidence">{proof.long}</Fact>}
      <Fact term="Event time">
        {eventTime === null ? 'no event yet' : instant(eventTime)}
        {evidence?.freshnessMs != null && `, ${durationText(evidence.freshnessMs)} before the read`}
      </Fact>
    </dl>
  );
}

function From({ window: { from, records } }: { readonly window: VectorWindow }): JSX.Element {
  if (from === null) return <>{records === undefined ? 'from the first event' : lastText(records)}</>;
  return (
    <>
      {records !== undefined && `${lastText(records)}, `}after {instant(from)}
    </>
  );
}

function Fact({
  term,
  children,
}: {
  readonly term: string;
  readonly children: preact.ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** In the reader's time zone, to the millisecond; the title says it in UTC. */
function instant(iso: string): JSX.Element {
  const date = new Date(iso);
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return (
    <time dateTime={iso} title={iso}>
      {date.toLocaleDateString()} {date.toLocaleTimeString(undefined, { hour12: false })}.{milliseconds}
    </time>
  );
}
