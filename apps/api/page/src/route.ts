import { useEffect, useState } from 'preact/hooks';

/** Where one is in the page. It is in the address, behind the `#`, so that it can be kept, shared and gone back to. */
export interface Route {
  readonly view: 'vectors' | 'catalog' | 'operations';
  /** The service of a vector, the kind of the catalog. */
  readonly subject: string | undefined;
  /** What is typed into the inputs. */
  readonly typed: Readonly<Record<string, string>>;
}

const VIEWS = ['vectors', 'catalog', 'operations'] as const;

/** What is not known leads to the first view. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first, second] = path.split('/').map(decoded);
  return {
    view: VIEWS.find((view) => view === first) ?? 'vectors',
    subject: second === undefined || second === '' ? undefined : second,
    typed: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function writeRoute({ view, subject, typed }: Route): string {
  const query = new URLSearchParams(Object.entries(typed).filter(([, text]) => text !== ''));
  const path = subject === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(subject)}`;
  return query.size === 0 ? path : `${path}?${query}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(readRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Goes to another place of the page. */
export function go(route: Route): void {
  location.hash = writeRoute(route);
}

/** The same, without a step in the history: for each key that is pressed in an input. */
export function replace(route: Route): void {
  history.replaceState(null, '', writeRoute(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
