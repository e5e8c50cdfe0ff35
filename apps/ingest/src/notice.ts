import { nearestName, type EventReader } from '@millrace/core';
import { NotJson } from './body.js';

const NOT_READ = 'no feature group reads this source yet: the events were checked and are kept nowhere';

/** What the sender should know though its events were taken; undefined where there is nothing. */
export function noticeOf({ routes, source }: EventReader, events: readonly unknown[]): string | undefined {
  if (routes.length === 0) return NOT_READ;
  const names = source.fields.map(({ name }) => name);
  // The first event stands for the others: a misspelt field is misspelt in all of them.
  const strange = strangeMember(names, events[0]);
  if (strange === undefined) return undefined;
  const near = nearestName(strange, names);
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return `source ${source.name} has no field ${JSON.stringify(strange.slice(0, 100))}: it is ignored${hint}`;
}

function strangeMember(names: readonly string[], event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  if (Array.isArray(event) || event instanceof NotJson) return undefined;
  for (const member in event) if (!names.includes(member)) return member;
  return undefined;
}
