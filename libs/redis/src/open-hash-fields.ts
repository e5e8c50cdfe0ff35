import { Redis, type Cluster } from 'ioredis';
import { closeRedis, connected, openRedis, type ConnectionSettings } from './connection.js';
import type { HashFields, HashFieldsRead, HashValues } from './hash-fields.js';
import { HashPipe } from './hash-pipe.js';
import { StoredFields } from './stored-fields.js';

/** Opens a connection of its own for reads: they wait for no other command, and nothing else waits for them. */
export function openHashFields(
  settings: Omit<ConnectionSettings, 'role'>,
  onError: (error: Error) => void = () => {},
): HashFields {
  const connection = openRedis({ ...settings, role: 'request' }, onError);
  return connection instanceof Redis
    ? new HashPipe(connection, settings.commandTimeoutMs)
    : new ClusterHashFields(connection);
}

/** Of a cluster, whose nodes and slots ioredis knows. */
class ClusterHashFields implements HashFields {
  constructor(private readonly cluster: Cluster) {}

  read(reads: readonly HashFieldsRead[]): Promise<readonly HashValues[]> {
    return Promise.all(
      reads.map(({ key, fields }) =>
        this.cluster
          .hmgetBuffer(key, ...fields)
          .then((values) => StoredFields.of(values))
          .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
      ),
    );
  }

  connected(): Promise<void> {
    return connected(this.cluster);
  }

  fault(): string | undefined {
    return this.cluster.status === 'ready' ? undefined : `no connection to Redis (${this.cluster.status})`;
  }

  close(): Promise<void> {
    return closeRedis(this.cluster);
  }
}
