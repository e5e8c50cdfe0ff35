import type { Command } from 'commander';
import type { Page, RegistryChange } from '@millrace/registry';
import { call } from '../api-client.js';
import { KINDS_HELP, kindOf } from '../kinds.js';
import { formatted } from '../output.js';
import { readDefinition } from '../registry-api.js';
import type { Session } from '../session.js';

const CHANGES_SHOWN = 10;

export function addDescribe(program: Command, session: Session): void {
  program
    .command('describe')
    .description('show a definition with its history')
    .argument('<kind>', KINDS_HELP)
    .argument('<name>')
    .action(async (kindText: string, name: string) => {
      const kind = kindOf(kindText);
      const { stored, entityTag } = await readDefinition(session.api(), kind, name);
      const query = new URLSearchParams({ kind: kind.kind, name, limit: String(CHANGES_SHOWN) });
      const changes = (await call(session.api(), `/v1/changes?${query.toString()}`)).body;
      session.terminal.out(
        [
          `${kind.kind}/${name}`,
          `version  ${stored.version}   ETag ${entityTag}`,
          `created  ${stored.createdAt}`,
          `updated  ${stored.updatedAt}`,
          '',
          formatted(stored.definition, 'yaml'),
          '',
          'changes, newest first:',
          ...(changes as Page<RegistryChange>).items.flatMap(changeLines),
        ].join('\n'),
      );
    });
}

function changeLines({ at, by, action, from, to, reasons }: RegistryChange): string[] {
  const versions = action === 'changed' ? ` ${from} → ${to}` : ` ${to ?? from}`;
  return [`  ${at}  ${action}${versions}  by ${by}`, ...reasons.map((reason) => `      ${reason}`)];
}
