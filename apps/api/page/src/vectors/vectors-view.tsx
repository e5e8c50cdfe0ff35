import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Api } from '../api/api.js';
import { listServices, type FeatureServiceDefinition, type Stored } from '../api/definitions.js';
import { EmptyRegistry } from '../parts/empty-registry.js';
import { FaultNotice } from '../parts/fault-notice.js';
import { Loading } from '../parts/loading.js';
import { usePolled } from '../polling.js';
import { go, replace, type Route } from '../route.js';
import { LiveVector } from './live-vector.js';
import { findVectorInputs } from './vector-inputs.js';

/** While nothing is registered, the first definitions should show up as if by themselves. */
const SERVICES_EVERY_MS = 5_000;

interface VectorsViewProps {
  readonly api: Api;
  readonly route: Route;
}

/** Choose a service, type an entity, watch its vector. */
export function VectorsView({ api, route }: VectorsViewProps): JSX.Element {
  const services = usePolled('services', SERVICES_EVERY_MS, (signal) => listServices(api, signal));
  const { value, fault } = services;
  const first = value?.[0]?.definition.name;
  useEffect(() => {
    if (route.subject === undefined && first !== undefined) replace({ ...route, subject: first });
  }, [route, first]);

  const chosen = value?.find(({ definition }) => definition.name === route.subject);
  return (
    <>
      <h1 class="unseen">Feature vectors</h1>
      {fault && <FaultNotice fault={fault} isStale={value !== undefined} onAgain={services.again} />}
      {value === undefined && !fault && <Loading what="the feature services" />}
      {value?.length === 0 && <EmptyRegistry noun="feature service" />}
      {value !== undefined && value.length > 0 && (
        <div class="vectors">
          <section class="controls" aria-label="What to read">
            <ServiceChoice services={value} route={route} />
            {chosen && <About service={chosen} />}
          </section>
          {chosen ? (
            <ServiceVector key={chosen.definition.name} api={api} service={chosen} route={route} />
          ) : (
            route.subject !== undefined && (
              <p class="hint" role="status">
                There is no feature service <code>{route.subject}</code>. Choose one of the list.
              </p>
            )
          )}
        </div>
      )}
    </>
  );
}

interface ServiceChoiceProps {
  readonly services: readonly Stored<FeatureServiceDefinition>[];
  readonly route: Route;
}

function ServiceChoice({ services, route }: ServiceChoiceProps): JSX.Element {
  const names = services.map(({ definition }) => definition.name);
  const isKnown = route.subject !== undefined && names.includes(route.subject);
  return (
    <label class="field">
      <span>Feature service</span>
      <select
        value={isKnown ? route.subject : ''}
        onChange={(event) => go({ view: 'vectors', subject: event.currentTarget.value, typed: route.typed })}
      >
        {!isKnown && <option value="">Choose …</option>}
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function About({
  service: { definition, version },
}: {
  readonly service: Stored<FeatureServiceDefinition>;
}): JSX.Element {
  const facts = [`version ${version}`, definition.owner].filter((fact) => fact !== undefined);
  return (
    <p class="note about">
      {definition.description !== undefined && <span>{definition.description}</span>}
      <span>{facts.join(' · ')}</span>
    </p>
  );
}

interface ServiceVectorProps {
  readonly api: Api;
  readonly service: Stored<FeatureServiceDefinition>;
  readonly route: Route;
}

/** Before anything can be typed, the page has to know what the service's entities are named by. */
function ServiceVector({ api, service: { definition, version }, route }: ServiceVectorProps): JSX.Element {
  const inputs = usePolled(`${definition.name}@${version}`, undefined, (signal) =>
    findVectorInputs(api, definition, signal),
  );
  if (inputs.value)
    return <LiveVector api={api} inputs={inputs.value} service={definition.name} route={route} />;
  if (inputs.fault) return <FaultNotice fault={inputs.fault} onAgain={inputs.again} />;
  return <Loading what="what the service asks for" />;
}
