/**
 * `npm run bench -- W4 [--events 500000] [--seconds 60] [--scale 0.1] [--repetitions 5]`: product and limit in
 * turn, in one run; `W1 --peers`: beside somebody else's server. bench/README.md says what each workload measures
 * and what it does not.
 */
import { parseArgs } from 'node:util';
import { freshness } from './freshness/freshness.js';
import { ingest } from './ingest/ingest.js';
import { machineLine, versionsLine } from './machine.js';
import { singleReadPeers } from './peers/single-read-peers.js';
import { batchRead } from './reads/batch-read.js';
import { singleRead } from './reads/single-read.js';
import { turns } from './turns/turns.js';
import { windows } from './windows/windows.js';
import type { Workload } from './workload.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string' },
    seconds: { type: 'string' },
    scale: { type: 'string', default: '1' },
    repetitions: { type: 'string', default: '5' },
    peers: { type: 'boolean', default: false },
  },
});

/** With `--peers` other people's servers take the place of the limits. */
const WORKLOADS: readonly Workload[] = values.peers
  ? [singleReadPeers]
  : [singleRead, batchRead, ingest, turns, freshness, windows];

const chosen =
  positionals.length === 0 ? WORKLOADS : WORKLOADS.filter(({ name }) => positionals.includes(name));
if (chosen.length < Math.max(1, positionals.length)) {
  console.error(
    'Usage: npm run bench -- [W…] [--events N] [--seconds N] [--scale 0.1] [--repetitions 5] [--peers]',
  );
  for (const { name, about } of WORKLOADS) console.error(`  ${name.padEnd(4)} ${about}`);
  process.exit(2);
}

console.log(machineLine());
console.log(await versionsLine());
for (const workload of chosen) {
  console.log(`${workload.name}: ${workload.about}`);
  const last = await workload.run({
    scale: Number(values.scale),
    events: optionalNumber(values.events),
    seconds: optionalNumber(values.seconds),
    repetitions: Number(values.repetitions),
    say: (line) => console.log(`  ${line}`),
  });
  console.log(machineLine());
  console.log(`${workload.name} ${last}`);
}
process.exit(0);

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
