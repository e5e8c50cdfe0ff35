/** The admin API, as the commands use it. */
import type { Page, StoredDefinition } from '@millrace/registry';
import { call, type Address } from './api-client.js';
import type { Kind } from './kinds.js';

export async function readDefinition(
  address: Address,
  { path }: Kind,
  name: string,
): Promise<{ readonly stored: StoredDefinition; readonly entityTag: string }> {
  const answer = await call(address, `/v1/${path}/${encodeURIComponent(name)}`);
  return { stored: answer.body as StoredDefinition, entityTag: answer.headers.etag ?? '' };
}

/** All pages. */
export async function listDefinitions(
  address: Address,
  { path }: Kind,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<StoredDefinition[]> {
  const found: StoredDefinition[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '500' });
    for (const [name, value] of Object.entries({ ...filter, after }))
      if (value !== undefined) query.set(name, value);
    const page = (await call(address, `/v1/${path}?${query.toString()}`)).body as Page<StoredDefinition>;
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return found;
}
