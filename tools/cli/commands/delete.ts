import type { Command } from 'commander';
import { call } from '../api-client.js';
import { KINDS_HELP, kindOf } from '../kinds.js';
import type { Session } from '../session.js';

export function addDelete(program: Command, session: Session): void {
  program
    .command('delete')
    .description('remove a definition that nothing depends on')
    .argument('<kind>', KINDS_HELP)
    .argument('<name>')
    .action(async (kindText: string, name: string) => {
      const { kind, path } = kindOf(kindText);
      await call(session.api(), `/v1/${path}/${encodeURIComponent(name)}`, { method: 'DELETE' });
      session.terminal.out(`${kind}/${name} removed`);
    });
}
