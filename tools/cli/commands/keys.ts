import { Option, type Command } from 'commander';
import type { StoredAccessKey } from '@millrace/registry';
import { call } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { formatted, outputOption, table, type Format } from '../output.js';
import type { Session } from '../session.js';

interface CreateOptions {
  readonly scope: readonly string[];
  readonly pattern?: readonly string[];
  readonly expiresAt?: string;
  readonly output: Format;
}

export function addKeys(program: Command, session: Session): void {
  const keys = program.command('keys').description('create, list and revoke API keys');
  keys
    .command('create')
    .description('create a key; it is shown this once')
    .argument('<name>', 'as it will stand in the audit log')
    .addOption(
      new Option('--scope <scope...>', 'what the key may do')
        .choices(['read', 'write', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--pattern <pattern...>', 'names that it may use, like fraud_*; else all')
    .option('--expires-at <instant>', 'RFC 3339; else never')
    .addOption(outputOption())
    .action(async (name: string, { scope, pattern, expiresAt, output }: CreateOptions) => {
      const body = {
        name,
        scopes: scope,
        ...(pattern !== undefined && { patterns: pattern }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      const created = (await call(session.api(), '/v1/keys', { method: 'POST', body })).body as {
        key: string;
      };
      // Alone on its line, so that a script can take it.
      session.terminal.out(output === 'table' ? created.key : formatted(created, output));
    });
  keys
    .command('list')
    .description('list all keys, also revoked ones')
    .addOption(outputOption())
    .action(async ({ output }: { output: Format }) => {
      const found = await listKeys(session);
      session.terminal.out(output === 'table' ? keyTable(found) : formatted(found, output));
    });
  keys
    .command('revoke')
    .description('revoke a key: it stops working everywhere within a second')
    .argument('<name-or-id>')
    .action(async (nameOrId: string) => {
      const found = await listKeys(session);
      const key = found.find(
        ({ id, name, revokedAt }) => id === nameOrId || (name === nameOrId && !revokedAt),
      );
      if (!key) throw new CommandFailed(`there is no valid key "${nameOrId}"`);
      await call(session.api(), `/v1/keys/${key.id}`, { method: 'DELETE' });
      session.terminal.out(`key "${key.name}" (${key.id}) revoked`);
    });
}

async function listKeys(session: Session): Promise<readonly StoredAccessKey[]> {
  return (await call(session.api(), '/v1/keys')).body as readonly StoredAccessKey[];
}

function keyTable(keys: readonly StoredAccessKey[]): string {
  return table(
    ['id', 'name', 'scopes', 'patterns', 'created by', 'expires', 'revoked'],
    keys.map(({ id, name, scopes, patterns, createdBy, expiresAt, revokedAt }) => [
      id,
      name,
      scopes.join(','),
      patterns.join(','),
      createdBy,
      expiresAt ?? 'never',
      revokedAt ?? '',
    ]),
  );
}
