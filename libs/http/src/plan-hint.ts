/**
 * The hint that a new plan was published, over Nest's Redis transport. Only a hint: pub/sub may lose a message,
 * so every process also looks by itself each second; with the hint it looks within milliseconds.
 */
import { Controller, Inject, type Type } from '@nestjs/common';
import { ClientRedis, EventPattern, ServerRedis, type RedisOptions } from '@nestjs/microservices';

/** Who is to look for a new plan; PlanWatcher of @millrace/redis is one. */
export interface PlanLookout {
  lookNow(): Promise<void>;
}

const RECONNECT_DELAY_MS = 500;
const COMMAND_TIMEOUT_MS = 2_000;

/** The channel of the hint, per key prefix, so that two installations on one Redis leave each other alone. */
export function planHintChannel(keyPrefix: string): string {
  return `${keyPrefix}plan.published`;
}

/** Where the hint travels; a cluster relays pub/sub from any node, so its first seed is enough. */
function hintOptions(redisUrl: string): Required<RedisOptions>['options'] {
  const url = new URL(redisUrl.split(',')[0] as string);
  return {
    host: url.hostname,
    port: Number(url.port || '6379'),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol.startsWith('rediss') && { tls: {} }),
    db: Number(url.pathname.slice(1) || '0'),
    retryAttempts: Number.MAX_SAFE_INTEGER,
    retryDelay: RECONNECT_DELAY_MS,
  };
}

/**
 * Nest's Redis transport, except for three things that would end the process where Redis is late: it boots without
 * waiting for a connection; it closes at once instead of taking leave, which a drain would wait for; and a
 * subscription that fails is nobody's unhandled rejection, as those of Nest at the boot and of ioredis after a
 * reconnection are.
 */
class HintListener extends ServerRedis {
  override start(callback?: () => void): void {
    const { subClient, pubClient } = this;
    // What fails here is tried again by ioredis, and told by its error events.
    for (const client of [subClient, pubClient]) client.connect().catch(() => undefined);
    this.bindEvents(subClient, pubClient);
    callback?.();
  }

  override bindEvents(...[subscriber, publisher]: Parameters<ServerRedis['bindEvents']>): void {
    const channels = [...this.messageHandlers.keys()];
    const subscribe = (): void => {
      // Without the hint a plan comes a second later; the next connection subscribes again.
      subscriber.subscribe(...channels).catch((error: unknown) => this.handleError(String(error)));
    };
    subscriber.on('message', this.getMessageHandler(publisher).bind(this));
    subscriber.on('ready', subscribe);
    subscribe();
  }

  override async close(): Promise<void> {
    this.isManuallyClosed = true;
    this.pubClient?.disconnect();
    this.subClient?.disconnect();
  }
}

/** The receiving side. */
export function planHintTransport(redisUrl: string): { readonly strategy: ServerRedis } {
  return { strategy: new HintListener({ ...hintOptions(redisUrl), autoResubscribe: false }) };
}

/** A controller that looks for the new plan when the hint comes. */
export function createPlanHintController(channel: string, lookout: symbol): Type {
  @Controller()
  class PlanHintController {
    constructor(@Inject(lookout) private readonly plan: PlanLookout) {}

    @EventPattern<string>(channel)
    async published(): Promise<void> {
      await this.plan.lookNow();
    }
  }
  return PlanHintController;
}

export type PlanHintClient = Pick<ClientRedis, 'emit' | 'close'>;

/** The sending side. Emitting never throws into the caller: a lost hint costs at most a second. */
export function createPlanHintClient(redisUrl: string): PlanHintClient {
  return new HintSender({ ...hintOptions(redisUrl), commandTimeout: COMMAND_TIMEOUT_MS });
}

/** Closes at once instead of taking leave, which a drain would wait for, and fail by, where Redis is away. */
class HintSender extends ClientRedis {
  override async close(): Promise<void> {
    this.isManuallyClosed = true;
    this.pubClient?.disconnect();
    this.subClient?.disconnect();
  }
}
