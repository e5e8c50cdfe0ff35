import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Api } from '../api/api.js';
import { listDefinitions, type Kind, type Page, type Stored } from '../api/definitions.js';
import { EmptyRegistry } from '../parts/empty-registry.js';
import { FaultNotice } from '../parts/fault-notice.js';
import { Loading } from '../parts/loading.js';
import { usePolled } from '../polling.js';
import { writeRoute, type Route } from '../route.js';
import { DefinitionEntry } from './definition-entry.js';

const KINDS: readonly { readonly kind: Kind; readonly title: string; readonly noun: string }[] = [
  { kind: 'feature-services', title: 'Feature services', noun: 'feature service' },
  { kind: 'feature-groups', title: 'Feature groups', noun: 'feature group' },
  { kind: 'derived-feature-groups', title: 'Derived groups', noun: 'derived feature group' },
  { kind: 'sources', title: 'Sources', noun: 'source' },
  { kind: 'entities', title: 'Entities', noun: 'entity' },
];

const PAGE_LIMIT = 50;

interface CatalogViewProps {
  readonly api: Api;
  readonly route: Route;
}

/** What is registered, kind by kind, page by page. */
export function CatalogView({ api, route }: CatalogViewProps): JSX.Element {
  const chosen = KINDS.find(({ kind }) => kind === route.subject) ?? KINDS[0];
  if (!chosen) throw new Error('there are no kinds');
  const [text, setText] = useState('');
  return (
    <>
      <h1 class="unseen">Catalog</h1>
      <div class="catalog-head">
        <nav class="kinds" aria-label="Kinds of definitions">
          {KINDS.map(({ kind, title }) => (
            <a
              key={kind}
              href={writeRoute({ view: 'catalog', subject: kind, typed: {} })}
              aria-current={kind === chosen.kind ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <label class="field filter">
          <span class="unseen">Only with this in the name or description</span>
          <input
            type="search"
            placeholder="Name or description has …"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </div>
      <DefinitionList key={chosen.kind} api={api} kind={chosen.kind} noun={chosen.noun} text={text} />
    </>
  );
}

interface DefinitionListProps {
  readonly api: Api;
  readonly kind: Kind;
  readonly noun: string;
  readonly text: string;
}

/** The registry changes seldom; what was applied elsewhere shows up as if by itself. */
const READ_EVERY_MS = 5_000;

function DefinitionList({ api, kind, noun, text }: DefinitionListProps): JSX.Element {
  const [pages, setPages] = useState(1);
  const sought = text.trim();
  const { value, fault, again } = usePolled(
    kind,
    READ_EVERY_MS,
    (signal) => readPages(api, { kind, text: sought, pages }, signal),
    `${pages} ${sought}`,
  );
  if (value === undefined) {
    return fault ? <FaultNotice fault={fault} onAgain={again} /> : <Loading what="the registry" />;
  }
  const { items, next } = value;
  return (
    <>
      {fault && <FaultNotice fault={fault} isStale onAgain={again} />}
      {items.length === 0 && sought === '' && <Empty kind={kind} noun={noun} />}
      {items.length === 0 && sought !== '' && (
        <p class="hint">
          No {noun} has “{sought}” in its name or description.
        </p>
      )}
      <p class="unseen" role="status">
        {items.length} shown{next === undefined ? '' : ', there are more'}
      </p>
      <ul class="entries">
        {items.map((stored) => (
          <li key={stored.definition.name}>
            <DefinitionEntry kind={kind} stored={stored} />
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" onClick={() => setPages(pages + 1)}>
          Show more
        </button>
      )}
    </>
  );
}

/** Derived groups are what many a registry does without; without any of the others, there is nothing yet. */
function Empty({ kind, noun }: Pick<DefinitionListProps, 'kind' | 'noun'>): JSX.Element {
  if (kind !== 'derived-feature-groups') return <EmptyRegistry noun={noun} />;
  return <p class="hint">There is no {noun}.</p>;
}

interface PagesRequest {
  readonly kind: Kind;
  readonly text: string;
  readonly pages: number;
}

/** The first pages as one. */
async function readPages(
  api: Api,
  { kind, text, pages }: PagesRequest,
  signal: AbortSignal,
): Promise<Page<Stored>> {
  let read: Page<Stored> = { items: [] };
  for (let page = 0; page < pages; page++) {
    const request = { limit: PAGE_LIMIT, text, ...(read.next !== undefined && { after: read.next }) };
    const { items, next } = await listDefinitions(api, kind, request, signal);
    read = { items: [...read.items, ...items], ...(next !== undefined && { next }) };
    if (next === undefined) break;
  }
  return read;
}
