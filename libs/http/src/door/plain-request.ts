import type { RequestHead } from './door-answers.js';

/** A POST whose body lies in the same bytes. */
export interface PlainRequest {
  readonly head: RequestHead;
  /** Where the body begins, and the whole request ends. */
  readonly bodyAt: number;
  readonly end: number;
}

/**
 * `whole`: these bytes are one request and nothing else. `begun`: they may become one. `other`: whatever they are, Node's
 * parser should look at them.
 */
export type PlainReading =
  { readonly kind: 'whole'; readonly request: PlainRequest } | { readonly kind: 'begun' | 'other' };

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = '\r\n';
const METHOD = Buffer.from('POST /');
/** Heads of clients are some hundred bytes long; Node refuses those beyond 16 KiB. */
const HEAD_BYTES_MAX = 8 * 1_024;
const REQUEST_LINE = /POST (\/[!-~]*) HTTP\/1\.1\r\n/y;
/** RFC 9110, section 5.5, without obsolete text and folded lines. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*)\r\n/y;
/** No sign, no list, no more digits than are exact. */
const LENGTH = /^[0-9]{1,15}$/;
/** What they say of the connection or of the body's length and form is for Node to follow, and a key for the route. */
const UNUSUAL: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'content-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'proxy-connection',
  'idempotency-key',
]);

const BEGUN: PlainReading = { kind: 'begun' };
const OTHER: PlainReading = { kind: 'other' };

/** Clients send the same heads again: there are as many as clients times lengths. */
const KNOWN_HEADS_MAX = 512;
const KNOWN_HEAD_LENGTH_MAX = 1_024;

/**
 * Takes requests of the usual form apart. It is strict, so that nothing is read in two ways: one length of digits alone,
 * one host, no transfer coding, no folded line, no byte that is not ASCII in the head. Whatever is not of that form is
 * no error here: Node's parser decides.
 */
export class PlainRequests {
  /** What heads said that came before, byte for byte the same. */
  private readonly known = new Map<string, RequestHead>();

  read(bytes: Buffer): PlainReading {
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd < 0) return isBeginning(bytes) ? BEGUN : OTHER;
    if (headEnd > HEAD_BYTES_MAX) return OTHER;
    const bodyAt = headEnd + HEAD_END.length;
    const head = this.headOf(bytes.toString('latin1', 0, headEnd + LINE_END.length));
    if (!head) return OTHER;
    const end = bodyAt + head.length;
    if (bytes.length < end) return BEGUN;
    return bytes.length > end ? OTHER : { kind: 'whole', request: { head, bodyAt, end } };
  }

  private headOf(text: string): RequestHead | undefined {
    const known = this.known.get(text);
    if (known) return known;
    const head = readHead(text);
    if (!head || text.length > KNOWN_HEAD_LENGTH_MAX) return head;
    if (this.known.size >= KNOWN_HEADS_MAX) this.known.clear();
    this.known.set(text, head);
    return head;
  }
}

function isBeginning(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, METHOD.length);
  return bytes.length <= HEAD_BYTES_MAX && METHOD.compare(bytes, 0, length, 0, length) === 0;
}

function readHead(text: string): RequestHead | undefined {
  REQUEST_LINE.lastIndex = 0;
  const url = REQUEST_LINE.exec(text)?.[1];
  if (url === undefined) return undefined;
  const fields = new OnceEach();
  for (FIELD.lastIndex = REQUEST_LINE.lastIndex; FIELD.lastIndex < text.length;) {
    const [, name, value] = FIELD.exec(text) ?? [];
    if (name === undefined || value === undefined || !fields.add(name.toLowerCase(), value.trimEnd()))
      return undefined;
  }
  const { host, contentType, authorization, length } = fields;
  if (host === undefined || length === undefined) return undefined;
  return { url, contentType, authorization, length };
}

/** The fields that matter, each of which may come once. */
class OnceEach {
  host: string | undefined;
  contentType: string | undefined;
  authorization: string | undefined;
  length: number | undefined;

  /** Whether the request is still of the usual form. */
  add(name: string, value: string): boolean {
    switch (name) {
      case 'host':
        if (this.host !== undefined) return false;
        this.host = value;
        return true;
      case 'content-type':
        if (this.contentType !== undefined) return false;
        this.contentType = value;
        return true;
      case 'authorization':
        if (this.authorization !== undefined) return false;
        this.authorization = value;
        return true;
      case 'content-length':
        if (this.length !== undefined || !LENGTH.test(value)) return false;
        this.length = Number(value);
        return true;
      case 'connection':
        return value.toLowerCase() === 'keep-alive';
      default:
        return !UNUSUAL.has(name);
    }
  }
}
