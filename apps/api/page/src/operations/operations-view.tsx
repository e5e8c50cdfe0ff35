import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Api } from '../api/api.js';
import { readOperations, type GroupFreshness, type Operations, type Partition } from '../api/operations.js';
import { EmptyRegistry } from '../parts/empty-registry.js';
import { FaultNotice } from '../parts/fault-notice.js';
import { Loading } from '../parts/loading.js';
import { usePolled } from '../polling.js';
import { durationText } from '../text/durations.js';
import { bytesText, counted, countText } from '../text/numbers.js';
import { summaryOf, type EntityPartitions } from './partition-summary.js';

const READ_EVERY_MS = 1_000;

/** How far the turns are behind the log, partition by partition, and how fresh that leaves the groups. */
export function OperationsView({ api }: { readonly api: Api }): JSX.Element {
  const { value, fault, again } = usePolled('operations', READ_EVERY_MS, (signal) =>
    readOperations(api, signal),
  );
  return (
    <>
      <h1 class="unseen">Partitions</h1>
      {fault && <FaultNotice fault={fault} isStale={value !== undefined} onAgain={again} />}
      {value === undefined && !fault && <Loading what="the partitions" />}
      {value?.partitions.length === 0 && <EmptyRegistry noun="entity, so there are no partitions" />}
      {value !== undefined && value.partitions.length > 0 && <Report operations={value} />}
    </>
  );
}

function Report({ operations }: { readonly operations: Operations }): JSX.Element {
  const summary = summaryOf(operations.partitions);
  const { mailbox, lagMs, awake, applied, deadLetters } = summary;
  return (
    <>
      <dl class="figures">
        <Figure term="waiting" value={countText(mailbox.events)} note={bytesText(mailbox.bytes)} />
        <Figure
          term="longest lag"
          value={lagMs === 0 ? 'none' : durationText(lagMs)}
          note="of the oldest waiting frame"
        />
        <Figure
          term="turns due or running"
          value={countText(awake)}
          note={`of ${counted(operations.partitions.length, 'partition')}`}
        />
        <Figure term="events applied" value={countText(applied)} note="once per entity that they touch" />
        <Figure
          term="dead letters"
          value={countText(deadLetters)}
          note="kept for inspection"
          isBad={deadLetters > 0}
        />
      </dl>
      {summary.entities.map((entity) => (
        <EntitySection key={entity.entity} entity={entity} />
      ))}
      {operations.freshness.length > 0 && <Freshness groups={operations.freshness} />}
    </>
  );
}

interface FigureProps {
  readonly term: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}

function Figure({ term, value, note, isBad = false }: FigureProps): JSX.Element {
  return (
    <div class={isBad ? 'figure bad' : 'figure'}>
      <dt>{term}</dt>
      <dd>
        <strong>{value}</strong>
        <span class="note">{note}</span>
      </dd>
    </div>
  );
}

/** As many rows as fit a screen; an entity may have a thousand partitions. */
const ROWS_SHOWN = 16;

function EntitySection({ entity }: { readonly entity: EntityPartitions }): JSX.Element {
  const [showsAll, setShowsAll] = useState(false);
  const rows = showsAll ? entity.partitions : entity.partitions.slice(0, ROWS_SHOWN);
  const id = `partitions-${entity.entity}`;
  return (
    <section class="group" aria-labelledby={id}>
      <header>
        <h2 id={id}>{entity.entity}</h2>
        <p class="note">
          {counted(entity.partitions.length, 'partition')}, {counted(entity.events, 'event')} waiting
        </p>
      </header>
      <div class="scroll" tabIndex={0} role="group" aria-label={`Partitions of ${entity.entity}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col">Turn</th>
              <th scope="col" class="number">
                Lag
              </th>
              <th scope="col" class="number">
                Waiting
              </th>
              <th scope="col" class="number">
                Mailbox
              </th>
              <th scope="col" class="number">
                Applied
              </th>
              <th scope="col" class="number">
                Dead letters
              </th>
              <th scope="col" class="number">
                Generation
              </th>
              <th scope="col">Offset</th>
              <th scope="col">Worker</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((partition) => (
              <PartitionRow key={partition.partition} partition={partition} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < entity.partitions.length && (
        <button type="button" onClick={() => setShowsAll(true)}>
          Show the other {counted(entity.partitions.length - rows.length, 'partition')}
        </button>
      )}
    </section>
  );
}

function PartitionRow({ partition }: { readonly partition: Partition }): JSX.Element {
  const { lagMs, mailbox, applied, deadLetters, generation, offset, worker, awake } = partition;
  return (
    <tr>
      <th scope="row">{partition.partition}</th>
      <td>
        <span class={awake ? 'chip good' : 'chip plain'}>{awake ? 'awake' : 'asleep'}</span>
      </td>
      <td class="number">{lagMs === 0 ? '–' : durationText(lagMs)}</td>
      <td class="number">{countText(mailbox.events)}</td>
      <td class="number">{bytesText(mailbox.bytes)}</td>
      <td class="number">{countText(applied.events)}</td>
      <td class="number">{countText(deadLetters.kept)}</td>
      <td class="number">{generation}</td>
      <td>
        <code>{offset}</code>
      </td>
      <td>
        <code>{worker ?? '–'}</code>
      </td>
    </tr>
  );
}

function Freshness({ groups }: { readonly groups: readonly GroupFreshness[] }): JSX.Element {
  return (
    <section class="group" aria-labelledby="freshness">
      <header>
        <h2 id="freshness">Freshness</h2>
        <p class="note">the newest event of all entities, and whether what waits is within the target</p>
      </header>
      <div class="scroll" tabIndex={0} role="group" aria-label="Freshness of feature groups">
        <table>
          <thead>
            <tr>
              <th scope="col">Feature group</th>
              <th scope="col" class="number">
                Newest event
              </th>
              <th scope="col" class="number">
                Lag
              </th>
              <th scope="col" class="number">
                Target
              </th>
              <th scope="col">Within target</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ group, version, freshnessMs, lagMs, targetMs, withinTarget }) => (
              <tr key={`${group}@${version}`}>
                <th scope="row">
                  {group}
                  <small> v{version}</small>
                </th>
                <td class="number">
                  {freshnessMs === null ? 'none yet' : `${durationText(freshnessMs)} ago`}
                </td>
                <td class="number">{lagMs === 0 ? '–' : durationText(lagMs)}</td>
                <td class="number">{targetMs === null ? '–' : durationText(targetMs)}</td>
                <td>
                  {withinTarget !== null && (
                    <span class={withinTarget ? 'chip good' : 'chip bad'}>{withinTarget ? 'yes' : 'no'}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
