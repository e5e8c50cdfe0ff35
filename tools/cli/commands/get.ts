import type { Command } from 'commander';
import type { StoredDefinition } from '@millrace/registry';
import { KINDS_HELP, kindOf } from '../kinds.js';
import { formatted, outputOption, table, yamlDocuments, type Format } from '../output.js';
import { listDefinitions, readDefinition } from '../registry-api.js';
import type { Session } from '../session.js';

interface GetOptions {
  readonly output: Format;
  readonly owner?: string;
  readonly tag?: string;
  readonly text?: string;
}

export function addGet(program: Command, session: Session): void {
  program
    .command('get')
    .description('list the definitions of a kind, or show one')
    .argument('<kind>', KINDS_HELP)
    .argument('[name]')
    .option('--owner <owner>', 'only of this owner')
    .option('--tag <name:value>', 'only with this tag')
    .option('--text <text>', 'only where name or description have this text')
    .addOption(outputOption())
    .action(async (kindText: string, name: string | undefined, options: GetOptions) => {
      const kind = kindOf(kindText);
      const { output, owner, tag, text } = options;
      if (name === undefined) {
        session.terminal.out(
          report(await listDefinitions(session.api(), kind, { owner, tag, text }), output),
        );
        return;
      }
      const { stored } = await readDefinition(session.api(), kind, name);
      session.terminal.out(
        output === 'json' ? formatted(stored.definition, 'json') : report([stored], output),
      );
    });
}

function report(found: readonly StoredDefinition[], output: Format): string {
  const definitions = found.map(({ definition }) => definition);
  if (output === 'json') return formatted(definitions, 'json');
  if (output === 'yaml') return yamlDocuments(definitions);
  if (found.length === 0) return 'nothing is registered';
  return table(
    ['name', 'version', 'owner', 'tags', 'updated'],
    found.map(({ definition: { name, owner = '', tags = {} }, version, updatedAt }) => [
      name,
      String(version),
      owner,
      Object.entries(tags)
        .map(([tag, value]) => `${tag}:${value}`)
        .join(','),
      updatedAt,
    ]),
  );
}
