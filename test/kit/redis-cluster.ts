import path from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../tools/local-services/free-port.js';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { redisBinary } from '../../tools/local-services/redis-binary.js';
import { startRedisServer, type RedisServer } from '../../tools/local-services/redis-server.js';
import { waitFor } from '../../tools/local-services/wait-for.js';

const NODES = 3;
const SLOTS = 16_384;

export interface TestRedisCluster {
  /** `redis+cluster://…` with all nodes as seeds. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Member {
  readonly server: RedisServer;
  /** On which the nodes talk to each other. */
  readonly busPort: number;
}

/** A real Redis Cluster of three masters, from the same binary. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const binary = await redisBinary((line) => console.error(line));
  const members = await Promise.all(
    Array.from({ length: NODES }, async (_, index): Promise<Member> => {
      const busPort = await freePort();
      const server = await startRedisServer({
        binary,
        folder: path.join(folder.path, `node-${index}`),
        guard,
        settings: {
          'cluster-enabled': 'yes',
          'cluster-config-file': 'nodes.conf',
          'cluster-node-timeout': '2000',
          'cluster-port': String(busPort),
        },
      });
      return { server, busPort };
    }),
  );
  await join(members);
  return {
    url: `redis+cluster://${members.map(({ server }) => `127.0.0.1:${server.port}`).join(',')}`,
    stop: async () => {
      await Promise.all(members.map(({ server }) => server.process.stop()));
      await folder.remove();
    },
  };
}

/** Gives each node its share of the slots and waits until all of them know it. */
async function join(members: readonly Member[]): Promise<void> {
  const nodes = members.map(({ server }) => new Redis(server.port, '127.0.0.1'));
  try {
    await Promise.all(
      nodes.map(async (node, i) => {
        const from = Math.ceil((SLOTS / NODES) * i);
        const to = Math.ceil((SLOTS / NODES) * (i + 1)) - 1;
        await node.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
        await node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      }),
    );
    const [first] = nodes;
    for (const { server, busPort } of members.slice(1)) {
      await first?.call('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPort));
    }
    await waitFor(
      'the cluster to be whole',
      async () => {
        const infos = await Promise.all(nodes.map((node) => node.cluster('INFO')));
        return infos.every(
          (text) =>
            text.includes('cluster_state:ok') &&
            text.includes(`cluster_slots_ok:${SLOTS}`) &&
            text.includes(`cluster_known_nodes:${NODES}`),
        );
      },
      { deadlineMs: 30_000 },
    );
  } finally {
    for (const node of nodes) node.disconnect();
  }
}
