import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Api } from './api/api.js';
import { CatalogView } from './catalog/catalog-view.js';
import { OperationsView } from './operations/operations-view.js';
import { KeyDialog } from './parts/key-dialog.js';
import { Mark } from './parts/mark.js';
import { useRoute, writeRoute, type Route } from './route.js';
import { VectorsView } from './vectors/vectors-view.js';

const TITLES = { vectors: 'Vectors', catalog: 'Catalog', operations: 'Partitions' } as const;

/** The frame of the page: where one is, where one can go, and the key that the api may ask for. */
export function App({ api }: { readonly api: Api }): JSX.Element {
  const route = useRoute();
  const [locked, setLocked] = useState(false);
  /** Grows when the key changes: all that was read with the old one is read again. */
  const [session, setSession] = useState(0);
  useEffect(() => api.onLock(setLocked), [api]);
  useEffect(() => {
    document.title = `${TITLES[route.view]} · Millrace`;
  }, [route.view]);

  const useKey = (key: string): void => {
    api.useKey(key);
    setSession((last) => last + 1);
  };
  const forgetKey = (): void => {
    api.forgetKey();
    setSession((last) => last + 1);
  };
  return (
    <>
      <a class="skip" href="#main" onClick={focusMain}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/vectors">
          <Mark />
          Millrace
        </a>
        <nav aria-label="Views">
          {(['vectors', 'catalog', 'operations'] as const).map((view) => (
            <a
              key={view}
              href={writeRoute({ view, subject: undefined, typed: {} })}
              aria-current={view === route.view ? 'page' : undefined}
            >
              {TITLES[view]}
            </a>
          ))}
        </nav>
        <span class="grow" />
        {api.hasKey && !locked && (
          <button type="button" class="quiet" onClick={forgetKey}>
            Forget key
          </button>
        )}
        <a class="quiet" href="docs">
          API
        </a>
      </header>
      <main id="main" tabIndex={-1}>
        <View key={session} api={api} route={route} />
      </main>
      {locked && <KeyDialog wasRefused={api.hasKey} onKey={useKey} />}
    </>
  );
}

function View({ api, route }: { readonly api: Api; readonly route: Route }): JSX.Element {
  switch (route.view) {
    case 'vectors':
      return <VectorsView api={api} route={route} />;
    case 'catalog':
      return <CatalogView api={api} route={route} />;
    case 'operations':
      return <OperationsView api={api} />;
  }
}

/** The address belongs to the route, so the link does not go into it. */
function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
