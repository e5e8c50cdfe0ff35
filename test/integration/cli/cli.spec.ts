import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../tools/cli/program.js';
import { runRegistry, type RunningRegistry } from '../registry/running-registry.js';

let registry: RunningRegistry;
let folder: string;
let intake: StubIngest;

beforeAll(async () => {
  registry = await runRegistry();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millrace-cli-'));
  intake = await StubIngest.start();
});

afterAll(async () => {
  await registry.stop();
  await intake.stop();
  fs.rmSync(folder, { recursive: true });
});

/** Stands in for the ingest app: answers what a test tells it to, and remembers what it was asked. */
class StubIngest {
  readonly asked: { key: string; lines: string[] }[] = [];
  answers: { status: number; body: object }[] = [];

  private constructor(
    private readonly server: http.Server,
    readonly url: string,
  ) {}

  static async start(): Promise<StubIngest> {
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const lines = Buffer.concat(chunks).toString().split('\n');
        stub.asked.push({ key: String(request.headers['idempotency-key']), lines });
        const accepted = { accepted: lines.length, duplicates: 0, rejected: [] };
        const { status, body } = stub.answers.shift() ?? { status: 202, body: accepted };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const stub = new StubIngest(
      server,
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    );
    return stub;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function millrace(...argv: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const environment = { MILLRACE_API_URL: registry.url, MILLRACE_INGEST_URL: intake.url };
  const code = await runCommandLine(argv, environment, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function file(name: string, text: string): string {
  const target = path.join(folder, name);
  fs.writeFileSync(target, text);
  return target;
}

const VALID = `
kind: Entity
name: airport
joinKeys: [{ name: airport, type: string }]
---
kind: Source
name: departures
type: stream
fields: { departed_at: timestamp, airport: string, delay: int }
timestampField: departed_at
---
kind: FeatureGroup
name: delays
entity: airport
source: departures
aggregations:
  - { of: delay, functions: [mean], windows: [1h] }
`;

describe('millrace apply', () => {
  it('names file, line, path and the nearest name of every fault, and changes nothing', async () => {
    const faulty = file('faulty.yaml', VALID.replace('of: delay', 'of: dealy').replace('[1h]', '[1hour]'));
    const { code, err } = await millrace('apply', '-f', faulty);
    expect(code).toBe(1);
    expect(err).toBe(
      `${faulty}:17: FeatureGroup/delays.aggregations[0].of\n` +
        '    there is no field or derived column of source departures "dealy"; did you mean "delay"?\n' +
        '    allowed: departed_at, airport, delay\n' +
        `${faulty}:17: FeatureGroup/delays.aggregations[0].windows[0]\n` +
        '    cannot read the length of time "1hour"; write it like 90s, 15m, 1h, 7d, lifetime\n' +
        '\n2 faults; nothing was changed',
    );
  });

  it('names the line of a syntax error', async () => {
    const broken = file('broken.yaml', 'kind: Entity\nname: [\n');
    const { code, err } = await millrace('apply', broken);
    expect(code).toBe(1);
    expect(err).toContain(`${broken}:3: `);
  });

  it('plans, applies, and finds nothing to change the second time', async () => {
    const valid = file('valid.yaml', VALID);
    expect((await millrace('plan', '-f', valid)).out).toContain('would be: 3 created');
    expect((await millrace('apply', '-f', valid)).out).toContain(
      '+ FeatureGroup/delays created at version 1',
    );
    expect((await millrace('apply', '-f', valid)).out).toContain(
      '0 created, 0 changed, 3 unchanged, 0 removed',
    );
  });

  it('shows why a definition gets a new version, and what that does', async () => {
    const changed = file('changed.yaml', VALID.replace('[mean]', '[mean, max]'));
    expect((await millrace('plan', '-f', changed)).out).toContain(
      '~ FeatureGroup/delays changed: version 1 → 2\n' +
        '      aggregations[0].functions[1]: "max" added\n' +
        '      effect: version 2 catches up with what the streams hold, and is served from then on; version 1 is computed until then',
    );
  });

  it('says so when nobody answers', async () => {
    const valid = file('valid.yaml', VALID);
    const { code, err } = await millrace('--api', 'http://127.0.0.1:1', 'apply', valid);
    expect(code).toBe(1);
    expect(err).toMatch(/^no answer from http:\/\/127\.0\.0\.1:1 .*is Millrace running there\?$/);
  });
});

describe('millrace get, describe and delete', () => {
  it('lists a kind as a table and shows one definition as YAML that apply takes back', async () => {
    expect((await millrace('get', 'groups')).out).toMatch(/^NAME +VERSION +OWNER +TAGS +UPDATED\ndelays +1 /);
    const { out } = await millrace('get', 'feature-group', 'delays', '-o', 'yaml');
    expect((await millrace('apply', file('back.yaml', out))).out).toContain('1 unchanged');
  });

  it('describes a definition with its history', async () => {
    const { out } = await millrace('describe', 'group', 'delays');
    expect(out).toContain('FeatureGroup/delays\nversion  1');
    expect(out).toContain('created 1  by anonymous');
  });

  it('refuses unknown names with exit code 1, and wrong calls with 2', async () => {
    expect(await millrace('get', 'things')).toMatchObject({
      code: 2,
      err: expect.stringContaining('entities'),
    });
    expect(await millrace('get', 'entities', 'nobody')).toMatchObject({ code: 1 });
    expect(await millrace('get')).toMatchObject({ code: 2 });
    expect(await millrace('fly')).toMatchObject({ code: 2 });
    expect(await millrace('apply')).toMatchObject({ code: 2 });
    const read = (...argv: string[]) => millrace('features', 'get', ...argv);
    for (const [argv, message] of [
      [['--feature', 'delays', 'ATL'], 'write name=value, got "ATL"'],
      [['--feature', 'delays', 'airport=ATL', 'airport=LAX'], 'airport is given twice'],
      [['airport=ATL'], 'give either --service or --feature, and not both'],
      [
        ['--service', 'a', '--feature', 'delays', 'airport=ATL'],
        'give either --service or --feature, and not both',
      ],
    ] as const)
      expect(await read(...argv)).toMatchObject({ code: 2, err: message });
    expect(await millrace('--help')).toMatchObject({ code: 0 });
    expect(await millrace('features', 'get', '--help')).toMatchObject({ code: 0 });
  });

  it('refuses to delete what is used', async () => {
    const { code, err } = await millrace('delete', 'source', 'departures');
    expect(code).toBe(1);
    expect(err).toContain('CONFLICT: FeatureGroup/delays.source: Source/departures cannot be removed');
    expect(await millrace('delete', 'group', 'delays')).toMatchObject({ code: 0 });
  });
});

describe('millrace send', () => {
  it('sends CSV in batches, with the types of the source', async () => {
    const csv = file('flights.csv', 'departed_at,airport,delay\n2001-01-01T00:00:00Z,ATL,5\n1000,"LAX",\n');
    const { code, out } = await millrace('send', 'departures', csv, '--batch', '1');
    expect([code, out]).toEqual([0, '2 accepted, 0 duplicates, 0 rejected']);
    expect(intake.asked.splice(0).map(({ lines }) => lines)).toEqual([
      ['{"departed_at":"2001-01-01T00:00:00Z","airport":"ATL","delay":5}'],
      ['{"departed_at":1000,"airport":"LAX","delay":null}'],
    ]);
  });

  it('tries again under the same key when the mailboxes are full', async () => {
    intake.answers = [{ status: 429, body: { code: 'MAILBOX_FULL', detail: 'full' } }];
    const { out } = await millrace('send', 'departures', file('one.ndjson', '{"airport":"ATL"}\n'));
    expect(out).toBe('1 accepted, 0 duplicates, 0 rejected');
    const keys = intake.asked.splice(0).map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('names the events that were rejected, by their place in the file', async () => {
    const rejected = [{ index: 1, code: 'FIELD_TYPE', message: 'delay: expected int, got "late"' }];
    intake.answers = [{ status: 202, body: { accepted: 1, duplicates: 0, rejected } }];
    const { code, err } = await millrace('send', 'departures', file('two.ndjson', '{}\n{}\n'));
    expect(code).toBe(1);
    expect(err).toContain('event 2 rejected: delay: expected int, got "late"');
  });
});

describe('millrace keys', () => {
  it('creates, lists and revokes keys', async () => {
    const { out } = await millrace(
      'keys',
      'create',
      'checkout',
      '--scope',
      'read',
      'write',
      '--pattern',
      'fraud_*',
    );
    expect(out).toMatch(/^mr_[0-9a-f]{12}_\S{43}$/);
    expect((await millrace('keys', 'list')).out).toMatch(/checkout +read,write +fraud_\* +anonymous +never/);
    expect((await millrace('keys', 'revoke', 'checkout')).out).toMatch(/^key "checkout" \(\w+\) revoked$/);
    expect(await millrace('keys', 'revoke', 'checkout')).toMatchObject({ code: 1 });
    expect(await millrace('keys', 'create', 'x', '--scope', 'root')).toMatchObject({ code: 2 });
  });
});

describe('millrace push', () => {
  const PROFILES = `
kind: Entity
name: shopper
joinKeys: [{ name: shopper, type: string }]
---
kind: Source
name: profiles
type: push
fields: { at: timestamp, shopper: string, segment: string, visits: int, score: float }
timestampField: at
---
kind: FeatureGroup
name: profile
entity: shopper
source: profiles
features: [{ name: segment, type: string }, { name: visits, type: int }, { name: score, type: float }]
`;

  it('writes rows of NDJSON and CSV, with every digit, and features get reads them', async () => {
    await millrace('apply', file('profiles.yaml', PROFILES), '--wait');
    const lines = file(
      'profiles.ndjson',
      '{"at": "2026-01-01T00:00:00Z", "shopper": "ada", "segment": "new", "score": null}\n' +
        '{"at": "2026-01-01T00:00:00Z", "shopper": "bob", "visits": 9007199254740993}\n' +
        '{"at": "2026-01-01T00:00:00Z", "shopper": "9007199254740993", "visits": 1}\n',
    );
    expect(await millrace('push', 'profiles', lines)).toMatchObject({ code: 0, out: '3 rows pushed' });
    const csv = file(
      'profiles.csv',
      'at,shopper,segment,visits,score\n2026-01-02T00:00:00Z,ada,loyal,7,31\n',
    );
    expect(await millrace('push', 'profiles', csv)).toMatchObject({ code: 0, out: '1 rows pushed' });
    const read = async (shopper: string): Promise<string> =>
      (await millrace('features', 'get', '--feature', 'profile', `shopper=${shopper}`)).out;
    expect(await read('ada')).toMatch(/segment +"loyal" +PRESENT/);
    expect(await read('bob')).toMatch(/visits +9007199254740993 +PRESENT/);
    expect(await read('9007199254740993')).toMatch(/visits +1 +PRESENT/);
    expect(await read('ada')).toMatch(/score +31\.0 +PRESENT/);
    const as = async (format: string): Promise<string> =>
      (await millrace('features', 'get', '--feature', 'profile', 'shopper=ada', '-o', format)).out;
    expect(await as('json')).toContain('"score": 31.0');
    expect(await as('yaml')).toContain('score: 31.0');
  });

  it('says which row is none, and what the api refuses', async () => {
    expect(await millrace('push', 'profiles', file('none.ndjson', '{"at": 1}\n[]\n'))).toMatchObject({
      code: 1,
      err: 'row 2 must be a JSON object, got []',
    });
    const { code, err } = await millrace('push', 'nope', file('one.ndjson', '{"at": 1}\n'));
    expect([code, err]).toEqual([1, 'there is no push source "nope"']);
  });
});

describe('millrace', () => {
  it('tells its version, and what an address looks like', async () => {
    expect((await millrace('--version')).out).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await millrace('--api', 'nonsense', 'get', 'entities')).toMatchObject({
      code: 2,
      err: '"nonsense" is no address of an app; write it like http://127.0.0.1:6566',
    });
  });

  it('lists as JSON always as a list', async () => {
    expect(
      JSON.parse((await millrace('get', 'sources', '--text', 'departures', '-o', 'json')).out),
    ).toHaveLength(1);
    expect(await millrace('get', 'surces')).toMatchObject({
      code: 2,
      err: expect.stringContaining('; did you mean "sources"?') as string,
    });
  });
});

describe('millrace completion', () => {
  it('knows every command', async () => {
    const { out } = await millrace('completion', 'bash');
    expect(out).toContain(
      'apply plan get describe delete send push features keys partitions dead-letters completion',
    );
  });

  it.each(['bash', 'zsh', 'fish'])('knows the kinds and the verbs in %s', async (shell) => {
    const { out } = await millrace('completion', shell);
    expect(out).toContain('entities sources feature-groups derived-feature-groups feature-services');
    expect(out).toContain('list inspect replay drop');
  });

  it('names the shells that it knows', async () => {
    const { code, err } = await millrace('completion', 'tcsh');
    expect([code, err]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish')]);
  });
});
