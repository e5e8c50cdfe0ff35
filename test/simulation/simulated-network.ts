import type {
  ActorStore,
  CommitPermit,
  CommitResult,
  LogEntry,
  MailboxWatch,
  TurnOutcome,
} from '@millrace/actor';
import type { MemoryStore } from './memory-store.js';

/** How the network treats one request. */
export type Delivery = 'both' | 'request-lost' | 'reply-lost' | 'twice';

/** A request on its way from a worker to the store: the world decides when it arrives, and how. */
export interface PendingRequest<W> {
  readonly worker: W;
  readonly what: string;
  deliver(delivery: Delivery): void;
}

/** Sees every commit that reaches the store. */
export type CommitWitness = (
  permit: CommitPermit,
  outcome: TurnOutcome,
  committing: Promise<CommitResult>,
) => Promise<CommitResult>;

type Send<W> = (request: PendingRequest<W>) => void;

/** The store as one worker sees it: every call is a request that waits until the world delivers it. */
export function storeThroughNetwork<W>(
  store: MemoryStore,
  worker: () => W,
  send: Send<W>,
  witness: CommitWitness,
): ActorStore {
  const ask = <T>(what: string, act: () => Promise<T>, cutOff?: () => void): Promise<T> =>
    askThrough(send, worker(), what, act, cutOff);
  return {
    begin: (partition, name, limits) => ask('begin', () => store.begin(partition, name, limits)),
    load: (partition, fields, ids, generation) =>
      ask('load', () => store.load(partition, fields, ids, generation)),
    end: (permit, limits) => ask('end', () => store.end(permit, limits)),
    readHistory: (partition, after, upTo, limits) =>
      ask('readHistory', () => store.readHistory(partition, after, upTo, limits)),
    commit: (permit, outcome, limits) =>
      ask(
        'commit',
        () => witness(permit, outcome, store.commit(permit, outcome, limits)),
        () => store.interruptedCommit(permit, outcome),
      ),
  };
}

/** A look that is answered late finds what came meanwhile; a lost one ends without mail, as one in time does. */
export function watchThroughNetwork<W>(store: MemoryStore, worker: () => W, send: Send<W>): MailboxWatch {
  return {
    wait: (partition, after) => {
      const look = async (): Promise<readonly LogEntry[]> => store.firstAfter(partition, after);
      return askThrough(send, worker(), 'wait', look).catch(() => []);
    },
    release: () => {},
    releaseAll: () => {},
    close: () => {},
  };
}

function askThrough<W, T>(
  send: Send<W>,
  worker: W,
  what: string,
  act: () => Promise<T>,
  cutOff?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error(`${what}: no reply`));
    send({
      worker,
      what,
      deliver: (delivery) => {
        if (delivery === 'request-lost') return (cutOff?.(), lost());
        if (delivery === 'reply-lost') return void act().then(lost, lost);
        if (delivery === 'twice')
          return void act()
            .then(() => act())
            .then(resolve, reject);
        void act().then(resolve, reject);
      },
    });
  });
}
