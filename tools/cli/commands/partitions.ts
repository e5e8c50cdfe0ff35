import type { Command } from 'commander';
import type { PartitionStatus } from '@millrace/actor';
import { call } from '../api-client.js';
import { formatted, outputOption, table, type Format } from '../output.js';
import type { Session } from '../session.js';

export function addPartitions(program: Command, session: Session): void {
  program
    .command('partitions')
    .description('show lag, mailbox and dead letters of the stream partitions')
    .option('--entity <name>', 'only those of this entity')
    .addOption(outputOption())
    .action(async ({ entity, output }: { entity?: string; output: Format }) => {
      const query = entity === undefined ? '' : `?${new URLSearchParams({ entity }).toString()}`;
      const { body } = await call(session.api(), `/v1/partitions${query}`);
      const { partitions } = body as { readonly partitions: readonly PartitionStatus[] };
      session.terminal.out(output === 'table' ? partitionTable(partitions) : formatted(partitions, output));
    });
}

function partitionTable(partitions: readonly PartitionStatus[]): string {
  if (partitions.length === 0) return 'there are no partitions: no entity is registered';
  return table(
    ['partition', 'lag ms', 'waiting', 'applied', 'newest event', 'dead letters', 'offset', 'worker'],
    partitions.map(({ partition, lagMs, mailbox, applied, newestEventTime, deadLetters, offset, worker }) => [
      partition,
      String(lagMs),
      String(mailbox.events),
      String(applied.events),
      newestEventTime === undefined ? '' : new Date(newestEventTime).toISOString(),
      String(deadLetters.kept),
      offset,
      worker ?? '',
    ]),
  );
}
