import type { JSX } from 'preact';

interface EmptyRegistryProps {
  /** `feature service`: what there is none of. */
  readonly noun: string;
}

/** The port that the command line and the documentation take for granted. */
const USUAL_PAGE_PORT = '6560';

/** Nothing is registered: how to begin. The page looks again by itself. */
export function EmptyRegistry({ noun }: EmptyRegistryProps): JSX.Element {
  const { origin, port } = location;
  const address = port === USUAL_PAGE_PORT ? '' : `MILLRACE_API_URL=${origin} `;
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">Nothing registered yet: here is how</h2>
      <p>
        There is no {noun}. Definitions are YAML files; <code>apply</code> registers them. The repository
        brings an example with real flights:
      </p>
      <ol>
        <li>
          <span>Register its entities, sources, feature groups and services</span>
          <pre tabIndex={0}>
            <code>{address}npx millrace apply examples/flights</code>
          </pre>
        </li>
        <li>
          <span>Send an event to the ingest app (here on its usual port)</span>
          <pre tabIndex={0}>
            <code>
              {[
                `curl localhost:6567/v1/events/departures -H 'content-type: application/json' \\`,
                `  -d '{"flight_id":"1","departed_at":${Date.now()},"origin":"ATL","destination":"JFK","delay":7,"distance":760}'`,
              ].join('\n')}
            </code>
          </pre>
        </li>
        <li>
          <span>
            Choose <em>departure_board</em> here and type <em>ATL</em>
          </span>
        </li>
      </ol>
      <p class="note">
        Where the apps ask for a key, <code>MILLRACE_API_KEY</code> gives it to the command line, and{' '}
        <code>-H 'authorization: Bearer …'</code> to curl. Or let <code>npm run demo -- --keep</code> do all
        of it with 20,000 flights. This page looks for definitions by itself.
      </p>
    </section>
  );
}
