import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtFile } from '../../../tools/launch/repository.js';
import { runRegistry, type RunningRegistry } from './running-registry.js';

const run = promisify(execFile);

let registry: RunningRegistry;
let folder: string;

beforeEach(async () => {
  registry = await runRegistry();
  folder = mkdtempSync(path.join(tmpdir(), 'three-ways-'));
});

afterEach(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true });
});

const KEY = 'the-key-of-this-test';

/** The built command line, as `npx millrace` runs it. */
async function millrace(...argv: string[]): Promise<string> {
  const env = { ...process.env, MILLRACE_API_URL: registry.url, MILLRACE_API_KEY: KEY };
  const { stdout } = await run(process.execPath, [builtFile('tools/cli/main.js'), ...argv], { env });
  return stdout;
}

/** The blocks of docs/registry.md as a reader would paste them. */
function shown(): {
  readonly yaml: string;
  readonly typescript: string;
  readonly commands: readonly string[];
} {
  const text = readFileSync('docs/registry.md', 'utf8');
  const part = text.slice(text.indexOf('three ways'), text.indexOf('## What an apply does'));
  const block = (language: string): string =>
    new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(part)?.[1] ?? '';
  const commands = part.match(/^ {4}curl (?:.*\n {4})*.*$/gm) ?? [];
  return { yaml: block('yaml'), typescript: block('ts'), commands };
}

/** What curl would send: it is not on every machine that runs the tests. */
async function send(command: string): Promise<number> {
  const [, method = '', address = '', body = ''] =
    /^ *curl -X (\w+) \$MILLRACE_API_URL(\S+) .*-d '(.*)'$/s.exec(command) ?? [];
  return (await registry.request(method, address, body)).status;
}

const ALL_UNCHANGED = /^0 created, 0 changed, 3 unchanged, 0 removed/m;

describe('the first feature group of docs/registry.md', () => {
  it('is the same by YAML, by curl and by TypeScript', async () => {
    const { yaml, typescript, commands } = shown();
    const [yamlFile, module] = [path.join(folder, 'first.yaml'), path.join(folder, 'first.ts')];
    writeFileSync(yamlFile, yaml);
    writeFileSync(module, typescript);
    expect(commands).toHaveLength(3);
    for (const command of commands) expect([200, 201]).toContain(await send(command));
    expect(await millrace('apply', '-f', yamlFile)).toMatch(ALL_UNCHANGED);
    expect(await millrace('apply', module)).toMatch(ALL_UNCHANGED);
  });
});

describe.each(['flights', 'fraud'])('examples/%s', (example) => {
  it('applies from YAML and from TypeScript to the same content of the registry', async () => {
    const fromYaml = await millrace('apply', `examples/${example}`);
    const created = Number(/^(\d+) created/m.exec(fromYaml)?.[1]);
    expect(created).toBeGreaterThan(4);
    const unchanged = `would be: 0 created, 0 changed, ${created} unchanged, 0 removed`;
    expect(await millrace('plan', '--prune', `examples/${example}/${example}.ts`)).toContain(unchanged);
  });
});
