import { MillraceError, type DefinitionKind } from '@millrace/core';
import {
  KEEP_ALL,
  type PlanPublisher,
  type Precondition,
  type Registry,
  type StoredDefinition,
} from '@millrace/registry';

import { refuseHostileShape } from './hostile-shape.js';

interface Subject {
  readonly kind: DefinitionKind;
  readonly name: string;
}

type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** The parts of an HTTP request that matter to a change. */
export interface ChangeRequest {
  readonly headers: RequestHeaders;
  /** Who asks, for the audit log. */
  readonly by: string;
}

/** Changes of single definitions: an apply of one document, with the preconditions of HTTP. */
export class DefinitionChanges {
  constructor(
    private readonly registry: Registry,
    private readonly publisher: PlanPublisher,
  ) {}

  async put(
    subject: Subject,
    body: unknown,
    { headers, by }: ChangeRequest,
  ): Promise<{ readonly created: boolean; readonly stored: StoredDefinition }> {
    const { changes } = await this.apply({
      definitions: [definitionOf(subject, body)],
      removal: KEEP_ALL,
      preconditions: preconditionsOf(subject, headers),
      by,
    });
    const stored = await this.registry.find(subject.kind, subject.name);
    if (!stored)
      throw new MillraceError('CONFLICT', `${subject.kind}/${subject.name} was removed in between`);
    return { created: changes.created.length > 0, stored };
  }

  async remove(subject: Subject, { headers, by }: ChangeRequest): Promise<void> {
    const found = await this.registry.find(subject.kind, subject.name);
    if (!found)
      throw new MillraceError('NOT_FOUND', `there is no ${subject.kind} "${subject.name}"`, { ...subject });
    const removal = { prune: false, remove: [subject] } as const;
    const preconditions = preconditionsOf(subject, headers);
    await this.apply({ definitions: [], removal, preconditions, by }).catch((error: unknown) => {
      throw inUse(error);
    });
  }

  private async apply(
    request: Pick<Parameters<Registry['apply']>[0], 'definitions' | 'removal' | 'preconditions' | 'by'>,
  ): ReturnType<Registry['apply']> {
    const aboveRevision = await this.publisher.heldRevision();
    const result = await this.registry.apply({
      ...request,
      ...(aboveRevision !== undefined && { aboveRevision }),
    });
    await this.publisher.check();
    return result;
  }
}

/** Kind and name are in the path; a body may repeat them, but not contradict. */
function definitionOf({ kind, name }: Subject, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new MillraceError('BAD_REQUEST', 'the body must be the definition, a JSON object');
  refuseHostileShape(body);
  for (const [member, expected] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    const given = (body as Record<string, unknown>)[member];
    if (given !== undefined && given !== expected)
      throw new MillraceError('BAD_REQUEST', `the body says ${member} ${shown(given)}, the path ${expected}`);
  }
  return { ...body, kind, name };
}

/** Bodies are read exactly, and JSON.stringify refuses the integers beyond 2^53. */
const shown = (value: unknown): string => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));

function preconditionsOf(subject: Subject, headers: RequestHeaders): Precondition[] {
  const preconditions: Precondition[] = [];
  const match = headers['if-match'];
  if (match !== undefined)
    preconditions.push({ ...subject, expects: match.trim() === '*' ? 'any' : { tag: match.trim() } });
  const noneMatch = headers['if-none-match'];
  if (noneMatch === undefined) return preconditions;
  if (noneMatch.trim() !== '*')
    throw new MillraceError('BAD_REQUEST', 'If-None-Match takes only * here: create, do not change');
  return [...preconditions, { ...subject, expects: 'absent' }];
}

/** What is still used cannot go: to the caller of DELETE that is a conflict, not a wrong definition. */
function inUse(error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'INVALID_DEFINITION') return error;
  return new MillraceError('CONFLICT', error.message, error.details);
}
