import type { Command } from 'commander';
import type { KeptDeadLetter } from '@millrace/actor';
import { call } from '../api-client.js';
import { columns, formatted, jsonText, outputOption, table, type Format } from '../output.js';
import type { Session } from '../session.js';

interface ListOptions {
  readonly entity?: string;
  readonly group?: string;
  readonly limit: string;
  readonly after?: string;
  readonly output: Format;
}

const ID_HELP = 'as list shows it, like airport.3:1767225600000-0';

export function addDeadLetters(program: Command, session: Session): void {
  const letters = program
    .command('dead-letters')
    .description('list, inspect, replay and drop events that a group could not apply');
  letters
    .command('list')
    .description('list them, oldest first within each partition')
    .option('--entity <name>', 'only those of this entity')
    .option('--group <group[@version]>', 'only those of this group, or of one version of it')
    .option('--limit <count>', 'how many at most, up to 1000', '100')
    .option('--after <id>', 'the last id of the page before')
    .addOption(outputOption())
    .action(async ({ output, ...filter }: ListOptions) => {
      const query = new URLSearchParams(filter);
      const { body } = await call(session.api(), `/v1/dead-letters?${query.toString()}`);
      const { deadLetters } = body as { readonly deadLetters: readonly KeptDeadLetter[] };
      const none =
        filter.after === undefined ? 'there are no dead letters' : 'there are no more dead letters';
      session.terminal.out(
        output === 'table' ? letterTable(deadLetters, none) : formatted(deadLetters, output),
      );
      const last = deadLetters.at(-1);
      if (last && deadLetters.length === Number(filter.limit))
        session.terminal.err(`there may be more: --after ${last.id}`);
    });
  letters
    .command('inspect')
    .alias('show')
    .description('show one with its event')
    .argument('<id>', ID_HELP)
    .addOption(outputOption())
    .action(async (id: string, { output }: { output: Format }) => {
      const letter = (await call(session.api(), pathOf(id))).body as KeptDeadLetter;
      session.terminal.out(output === 'table' ? letterSheet(letter) : formatted(letter, output));
    });
  letters
    .command('replay')
    .description('put events back into the log, for the group that could not apply them')
    .argument('<id...>', ID_HELP)
    .action(async (ids: string[]) => {
      for (const id of ids) {
        await call(session.api(), `${pathOf(id)}/replay`, { method: 'POST' });
        session.terminal.out(`dead letter ${id} is in the log again`);
      }
    });
  letters
    .command('drop')
    .description('delete events: they never take effect in the group that could not apply them')
    .argument('<id...>', ID_HELP)
    .action(async (ids: string[]) => {
      for (const id of ids) {
        await call(session.api(), pathOf(id), { method: 'DELETE' });
        session.terminal.out(`dead letter ${id} dropped`);
      }
    });
}

const pathOf = (id: string): string => `/v1/dead-letters/${encodeURIComponent(id)}`;

const timeOf = ({ at }: KeptDeadLetter): string => new Date(at).toISOString();

function letterTable(letters: readonly KeptDeadLetter[], none: string): string {
  if (letters.length === 0) return none;
  return table(
    ['id', 'at', 'group', 'entity id', 'code', 'message'],
    letters.map((letter) => {
      const { id, group = '', entityId = '', code, message } = letter;
      return [id, timeOf(letter), group, entityId, code, message];
    }),
  );
}

function letterSheet(letter: KeptDeadLetter): string {
  const { id, group = '', entityId = '', source = '', code, message, entry, row, event } = letter;
  return columns([
    ['id', id],
    ['at', timeOf(letter)],
    ['group', group],
    ['entity id', entityId],
    ['source', source],
    ['code', code],
    ['message', message],
    ['log entry', `${entry}, row ${row}`],
    ['event', event === undefined ? 'cannot be read' : jsonText(event)],
  ]);
}
