import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FeatureVector } from '../api/vectors.js';
import { counted } from '../text/numbers.js';
import { durationText } from '../text/durations.js';
import { FeatureRows } from './feature-rows.js';
import { groupFeatures, type GroupOfFeatures } from './group-features.js';
import { windowScale } from './window-scale.js';

/** A person reads no more at once; the rest is found by its name, or shown on request. */
const FEATURES_SHOWN = 100;
/** From this many on, looking one up by name is faster than reading. */
const FILTER_FROM = 25;

/** All features of a vector, group by group, their windows on one common scale of time. */
export function VectorTable({ vector }: { readonly vector: FeatureVector }): JSX.Element {
  const [filter, setFilter] = useState('');
  const [showsAll, setShowsAll] = useState(false);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const asOfMs = Date.parse(vector.asOf);
  const scale = windowScale(
    vector.features.map(({ evidence }) => asOfMs - Date.parse(evidence?.window?.from ?? 'none')),
  );
  const wanted = vector.features.filter(({ name }) => name.includes(filter.trim()));
  const shown = showsAll ? wanted : wanted.slice(0, FEATURES_SHOWN);
  const toggle = (name: string): void =>
    setOpened(
      (last) => new Set(last.has(name) ? [...last].filter((each) => each !== name) : [...last, name]),
    );
  return (
    <>
      {vector.features.length >= FILTER_FROM && (
        <label class="field filter">
          <span class="unseen">Only features with</span>
          <input
            type="search"
            placeholder="Only features with …"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
      )}
      {groupFeatures(shown).map((group) => (
        <GroupTable key={`${group.group}@${group.version}`} group={group}>
          {group.features.map((feature) => (
            <FeatureRows
              key={feature.name}
              feature={feature}
              asOfMs={asOfMs}
              scale={scale}
              isOpen={opened.has(feature.name)}
              onToggle={() => toggle(feature.name)}
            />
          ))}
        </GroupTable>
      ))}
      {wanted.length === 0 && <p class="hint">No feature has “{filter}” in its name.</p>}
      {shown.length < wanted.length && (
        <button type="button" onClick={() => setShowsAll(true)}>
          Show the other {counted(wanted.length - shown.length, 'feature')}
        </button>
      )}
    </>
  );
}

interface GroupTableProps {
  readonly group: GroupOfFeatures;
  readonly children: JSX.Element[];
}

/** The roles are spelled out, because a table that is laid out as a grid loses them in some browsers. */
function GroupTable({ group, children }: GroupTableProps): JSX.Element {
  const id = `group-${group.group}-${group.version}`;
  return (
    <section class="group" aria-labelledby={id}>
      <header>
        <h2 id={id}>
          {group.group}
          <small> v{group.version}</small>
        </h2>
        <p class="note">{freshnessText(group)}</p>
      </header>
      <table role="table" aria-labelledby={id}>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader">Feature</th>
            <th role="columnheader">Value</th>
            <th role="columnheader">Window</th>
            <th role="columnheader" class="number">
              Events
            </th>
            <th role="columnheader">Evidence</th>
          </tr>
        </thead>
        <tbody role="rowgroup">{children}</tbody>
      </table>
    </section>
  );
}

function freshnessText({ newestEventTime, freshnessMs }: GroupOfFeatures): JSX.Element {
  if (newestEventTime === null) return <>no event yet</>;
  return (
    <>
      newest event{' '}
      <time dateTime={newestEventTime} title={newestEventTime}>
        {freshnessMs === null
          ? new Date(newestEventTime).toLocaleString()
          : `${durationText(freshnessMs)} ago`}
      </time>
    </>
  );
}
