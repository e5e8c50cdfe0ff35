import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NotJson, readBody, unzipBody } from './body.js';

const limits = { bodyBytesMax: 1_000, eventsPerRequestMax: 3 };
const json = (text: string) => readBody(Buffer.from(text), 'json', limits);
const ndjson = (text: string) => readBody(Buffer.from(text), 'ndjson', limits);

describe('a request body', () => {
  it('is one object, an array, or one object a line', () => {
    expect(json('{"a":1}')).toEqual([{ a: 1 }]);
    expect(json('[{"a":1},2]')).toEqual([{ a: 1 }, 2]);
    expect(ndjson('{"a":1}\r\n\n{"a":9007199254740993}\n')).toEqual([{ a: 1 }, { a: 9007199254740993n }]);
  });

  it('of lines keeps the neighbours of a line that is no JSON', () => {
    expect(ndjson('1\n{\n3')).toEqual([1, new NotJson(expect.any(String)), 3]);
  });

  it.each([
    ['', 'BODY_NOT_JSON'],
    ['{', 'BODY_NOT_JSON'],
    ['[1,2,3,4]', 'BODY_TOO_LARGE'],
  ])('%j is refused with %s', (text, code) => {
    expect(() => json(text)).toThrow(expect.objectContaining({ code }));
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => readBody(Buffer.from([0x22, 0xff, 0x22]), 'json', limits)).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_JSON' }),
    );
  });

  it('may be zipped, up to the limit after it was unzipped', async () => {
    const text = Buffer.from('{"a":1}');
    expect(await unzipBody(gzipSync(text), 'gzip', 1_000)).toEqual(text);
    expect(await unzipBody(text, undefined, 1_000)).toEqual(text);
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await expect(unzipBody(bomb, 'gzip', 1_000)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await expect(unzipBody(text, 'gzip', 1_000)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(unzipBody(text, 'br', 1_000)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
  });
});
