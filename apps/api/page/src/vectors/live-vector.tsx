import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Api } from '../api/api.js';
import { readVector, type FeatureVector, type VectorRequest } from '../api/vectors.js';
import { FaultNotice } from '../parts/fault-notice.js';
import { Loading } from '../parts/loading.js';
import { usePolled } from '../polling.js';
import { replace, type Route } from '../route.js';
import { counted } from '../text/numbers.js';
import { InputFields } from './input-fields.js';
import { inputJson } from './input-json.js';
import type { VectorInput, VectorInputs } from './vector-inputs.js';
import { VectorTable } from './vector-table.js';

const READ_EVERY_MS = 1_000;

interface LiveVectorProps {
  readonly api: Api;
  readonly service: string;
  readonly inputs: VectorInputs;
  readonly route: Route;
}

/** The inputs of one service, and what it answers for them, read again each second. */
export function LiveVector({ api, service, inputs, route }: LiveVectorProps): JSX.Element {
  const [isLive, setLive] = useState(true);
  const request = requestOf(service, inputs, route.typed);
  const vector = usePolled(request && JSON.stringify(request), isLive ? READ_EVERY_MS : undefined, (signal) =>
    readVector(api, request ?? { service, joinKeys: {}, requestFields: {} }, signal),
  );
  const type = (name: string, text: string): void =>
    replace({ ...route, typed: { ...route.typed, [name]: text } });
  const missing = inputs.joinKeys.filter(({ name }) => (route.typed[name] ?? '') === '');
  return (
    <>
      <section class="inputs" aria-label="Entity">
        <InputFields inputs={inputs.joinKeys} typed={route.typed} onType={type} />
        {inputs.requestFields.length > 0 && (
          <fieldset>
            <legend>With the request (null where empty)</legend>
            <InputFields inputs={inputs.requestFields} typed={route.typed} onType={type} isOptional />
          </fieldset>
        )}
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={isLive}
            onChange={(event) => setLive(event.currentTarget.checked)}
          />
          <span>Live: read again each second</span>
        </label>
      </section>
      <section class="vector" aria-label="Feature vector">
        {missing.length > 0 && <Hint missing={missing} />}
        {vector.fault && (
          <FaultNotice fault={vector.fault} isStale={vector.value !== undefined} onAgain={vector.again} />
        )}
        {request !== undefined && !vector.value && !vector.fault && <Loading what="the vector" />}
        {vector.value && (
          <Answer vector={vector.value} isLive={isLive && !vector.fault} onAgain={vector.again} />
        )}
      </section>
    </>
  );
}

function Hint({ missing }: { readonly missing: readonly VectorInput[] }): JSX.Element {
  return (
    <p class="hint">
      Type {missing.map(({ name }) => name).join(' and ')} to watch the features of one{' '}
      {[...new Set(missing.map(({ of }) => of))].join(' and ')}.
    </p>
  );
}

interface AnswerProps {
  readonly vector: FeatureVector;
  readonly isLive: boolean;
  readonly onAgain: () => void;
}

function Answer({ vector, isLive, onAgain }: AnswerProps): JSX.Element {
  const present = vector.features.filter(({ status }) => status === 'PRESENT').length;
  return (
    <>
      <p class="as-of">
        <span class={isLive ? 'pulse on' : 'pulse'} aria-hidden="true" />
        <span>
          as of <time dateTime={vector.asOf}>{new Date(vector.asOf).toLocaleTimeString()}</time>
        </span>
        <span>
          {counted(vector.features.length, 'feature')}, {present} present
        </span>
        {vector.variant !== undefined && <span class="chip plain">variant {vector.variant}</span>}
        {!isLive && (
          <button type="button" class="small" onClick={onAgain}>
            Read now
          </button>
        )}
      </p>
      {/* Told once per entity, not each second. */}
      <p class="unseen" role="status">
        {vector.features.length > 0 ? 'The vector is read.' : 'The vector is empty.'}
      </p>
      {Object.entries(vector.faults).map(([group, message]) => (
        <p key={group} class="notice bad">
          <span>
            <code>{group}</code> could not be read: {message}
          </span>
        </p>
      ))}
      <VectorTable vector={vector} />
    </>
  );
}

/** Undefined while a join key is missing or an input does not read as its type. */
function requestOf(
  service: string,
  { joinKeys, requestFields }: VectorInputs,
  typed: Readonly<Record<string, string>>,
): VectorRequest | undefined {
  const keys = jsonOf(joinKeys, typed);
  // The api wants every field of a request named; what is not typed is null.
  const fields = jsonOf(requestFields, typed, 'null');
  return keys && fields && { service, joinKeys: keys, requestFields: fields };
}

function jsonOf(
  inputs: readonly VectorInput[],
  typed: Readonly<Record<string, string>>,
  whereEmpty?: string,
): Record<string, string> | undefined {
  const members: [string, string][] = [];
  for (const { name, type } of inputs) {
    const text = typed[name] ?? '';
    const read = inputJson(type, text);
    const json = text === '' ? whereEmpty : 'json' in read ? read.json : undefined;
    if (json === undefined) return undefined;
    members.push([name, json]);
  }
  return Object.fromEntries(members);
}
