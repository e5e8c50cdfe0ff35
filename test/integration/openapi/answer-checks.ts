/** Whether answers keep to an OpenAPI document. */
import addFormats from 'ajv-formats';
import { Ajv } from 'ajv';
import { ERRORS } from '@millrace/core';
import type { ApiDocument, ApiOperation } from '../../kit/index.js';

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Checks answers against the document of one app, which must name every status and every member by itself. */
export class AnswerChecks {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });

  constructor(document: ApiDocument) {
    (addFormats as unknown as typeof addFormats.default)(this.ajv);
    this.ajv.addSchema(closed(document) as object, 'api');
  }

  /** What an answer does otherwise than documented. */
  breaches({ method, path, responses }: ApiOperation, answer: ReceivedAnswer): string[] {
    const { status, headers, text } = answer;
    const documented = responses[status];
    if (documented === undefined) return [`status ${status} is not documented: ${text.slice(0, 200)}`];
    const breaches = status >= 400 ? refusalBreaches(answer) : [];
    if (documented.content === undefined) return breaches;
    const [type = ''] = (headers.get('content-type') ?? '').split(';', 1);
    if (documented.content[type] === undefined)
      return [...breaches, `the content type of ${status} is ${type}`];
    if (!type.endsWith('json')) return breaches;
    const place = [
      'paths',
      path,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      type,
      'schema',
    ];
    const validate = this.ajv.getSchema(`api#/${place.map(pointerPart).join('/')}`);
    if (validate?.(JSON.parse(text)) === true) return breaches;
    return [
      ...breaches,
      `the body of ${status} is not as documented: ${this.ajv.errorsText(validate?.errors)}`,
    ];
  }
}

/** Problem documents outside of Feast's routes; there, JSON in a JSON string. */
function refusalBreaches({ status, headers, text }: ReceivedAnswer): string[] {
  const waits = [429, 503].includes(status) && headers.get('retry-after') === null;
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'string') {
    const { class: name } = JSON.parse(parsed) as { class?: string };
    return name === undefined ? ['a refusal without a class'] : [];
  }
  const { code = '', status: told } = parsed as { code?: string; status?: number };
  return [
    ...(Object.hasOwn(ERRORS, code) ? [] : [`a refusal of code ${code}`]),
    ...(told === status ? [] : [`a refusal that says ${told}`]),
    ...(waits ? ['no Retry-After'] : []),
  ];
}

/** The document with objects that have only the members that it names: an answer must not have others. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
  const isOpen = !('properties' in value) || 'additionalProperties' in value;
  return isOpen ? copy : { ...copy, additionalProperties: false };
}

const pointerPart = (text: string): string =>
  encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
