import { describe, expect, it } from 'vitest';
import { PlainRequests, type PlainReading } from './plain-request.js';

const FIELDS = [
  'Host: millrace',
  'Content-Type: application/json',
  'Authorization: Bearer key',
  'Accept: */*',
];
const BODY = '{"service":"é"}';
const LENGTH = `Content-Length: ${Buffer.byteLength(BODY)}`;

const request = (fields: readonly string[], body = BODY, line = 'POST /v1/features HTTP/1.1'): Buffer =>
  Buffer.from(`${line}\r\n${[...fields, ''].join('\r\n')}\r\n${body}`);
const readPlainRequest = (bytes: Buffer): PlainReading => new PlainRequests().read(bytes);
const kindOf = (bytes: Buffer): string => readPlainRequest(bytes).kind;
const PLAIN = request([...FIELDS, LENGTH]);

describe('a plain request', () => {
  it('is told whole with its last byte, begun with each before, and other with one more', () => {
    for (let length = 1; length < PLAIN.length; length++)
      expect(kindOf(PLAIN.subarray(0, length)), PLAIN.toString('utf8', 0, length)).toBe('begun');
    expect(kindOf(Buffer.concat([PLAIN, Buffer.from('P')]))).toBe('other');
    const reading = readPlainRequest(PLAIN);
    if (reading.kind !== 'whole') throw new Error('not whole');
    const { bodyAt, end, head } = reading.request;
    expect(PLAIN.toString('utf8', bodyAt, end)).toBe(BODY);
    expect(head).toEqual({
      url: '/v1/features',
      contentType: 'application/json',
      authorization: 'Bearer key',
      length: Buffer.byteLength(BODY),
    });
  });

  it('may name its fields in any case, with spaces around their values, and have many', () => {
    const many = Array.from({ length: 100 }, (_, i) => `x-field-${i}: ${i}`);
    const reading = readPlainRequest(
      request(['HOST:a', 'content-TYPE: \tapplication/json \t', 'Connection: Keep-Alive', LENGTH, ...many]),
    );
    expect(reading).toMatchObject({ kind: 'whole', request: { head: { contentType: 'application/json' } } });
  });
});

it('a head that came before says the same again, and one of a byte more its own', () => {
  const requests = new PlainRequests();
  const lengthOf = (bytes: Buffer): number | undefined => {
    const reading = requests.read(bytes);
    return reading.kind === 'whole' ? reading.request.head.length : undefined;
  };
  for (let i = 0; i < 1_200; i++) {
    const body = 'x'.repeat(i % 600);
    expect(lengthOf(request([...FIELDS, `Content-Length: ${body.length}`], body))).toBe(body.length);
    expect(requests.read(request([...FIELDS, `Content-Length: ${body.length} 0`], body)).kind).toBe('other');
  }
});

it.each([
  ['another method', request([...FIELDS, LENGTH], BODY, 'GET /v1/features HTTP/1.1')],
  ['an older version', request([...FIELDS, LENGTH], BODY, 'POST /v1/features HTTP/1.0')],
  ['a whole URL', request([...FIELDS, LENGTH], BODY, 'POST http://millrace/v1/features HTTP/1.1')],
  ['two spaces', request([...FIELDS, LENGTH], BODY, 'POST  /v1/features HTTP/1.1')],
  ['no host', request([LENGTH])],
  ['two hosts', request([...FIELDS, LENGTH, 'host: other'])],
  ['no length', request(FIELDS)],
  ['two lengths', request([...FIELDS, LENGTH, LENGTH])],
  ['a length with a sign', request([...FIELDS, `Content-Length: +${BODY.length}`])],
  ['a list of lengths', request([...FIELDS, 'Content-Length: 15, 15'])],
  ['a length in hexadecimal', request([...FIELDS, 'Content-Length: 0xf'])],
  ['an empty length', request([...FIELDS, 'Content-Length:'])],
  ['chunks', request([...FIELDS, 'Transfer-Encoding: chunked'])],
  ['chunks and a length', request([...FIELDS, LENGTH, 'Transfer-Encoding: chunked'])],
  ['a compressed body', request([...FIELDS, LENGTH, 'Content-Encoding: gzip'])],
  ['an expectation', request([...FIELDS, LENGTH, 'Expect: 100-continue'])],
  ['an upgrade', request([...FIELDS, LENGTH, 'Upgrade: h2c'])],
  ['a connection to close', request([...FIELDS, LENGTH, 'Connection: close'])],
  ['two keys', request([...FIELDS, LENGTH, 'Authorization: Bearer other'])],
  ['two types', request([...FIELDS, LENGTH, 'Content-Type: text/plain'])],
  ['a space before the colon', request([...FIELDS, `Content-Length : ${BODY.length}`])],
  ['a folded line', request([...FIELDS, LENGTH, 'x-folded: a', '\tb'])],
  ['a line without a name', request([...FIELDS, LENGTH, ': a'])],
  ['a line without a colon', request([...FIELDS, LENGTH, 'x-nothing'])],
  ['a bare line feed', request([...FIELDS, LENGTH, 'x-a: b\nTransfer-Encoding: chunked'])],
  ['a bare carriage return', request([...FIELDS, LENGTH, 'x-a: b\rc'])],
  ['a zero byte', request([...FIELDS, LENGTH, 'x-a: \0'])],
  ['a head that is no ASCII', request([...FIELDS, LENGTH, 'x-a: é'])],
  ['a long head', request([...FIELDS, LENGTH, `x-a: ${'a'.repeat(9_000)}`])],
  ['a long head that has not ended', Buffer.from(`POST /${'a'.repeat(9_000)}`)],
  ['what is no HTTP', Buffer.from('\x16\x03\x01\x02')],
])('%s is for another parser', (_, bytes) => {
  expect(kindOf(bytes)).toBe('other');
});
