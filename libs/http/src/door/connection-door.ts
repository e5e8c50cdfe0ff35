import type { Socket } from 'node:net';
import type { ErrorAnswer } from '../problem-filter.js';
import { AnswerBlocks, AnswerHeads } from './answer-blocks.js';
import type { DoorAnswers, DoorReply, DoorRoute } from './door-answers.js';
import { PlainRequests } from './plain-request.js';

/** A request that came in more pieces is for Node, and so is one that does not come whole within two looks. */
const LOOK_EVERY_MS = 250;

/** What all connections of a door share. */
interface Door {
  readonly answers: DoorAnswers;
  /** Gives a connection to Node's HTTP server. */
  readonly onward: (socket: Socket) => void;
  readonly heads: AnswerHeads;
  readonly blocks: AnswerBlocks;
  readonly requests: PlainRequests;
  /** After how long without a request a connection is closed. */
  readonly keepAliveMs: number;
  isClosing: boolean;
}

/**
 * Answers requests before Node's HTTP server sees their connection: making its request and response and moving them through
 * its streams takes twenty of the forty-five microseconds of an answer of 4 KB. Only what `PlainRequests` know is
 * answered here, one request after the other. At the first byte that is anything else the connection goes to Node's
 * server, with all that came and was not answered, and stays there, time-outs for slow senders included.
 */
export class ConnectionDoor {
  private readonly connections = new Set<DoorConnection>();
  private readonly door: Door;
  private readonly looks: NodeJS.Timeout;

  constructor(answers: DoorAnswers, keepAliveMs: number, onward: (socket: Socket) => void) {
    this.door = {
      answers,
      onward,
      heads: new AnswerHeads(keepAliveMs),
      blocks: new AnswerBlocks(),
      requests: new PlainRequests(),
      keepAliveMs,
      isClosing: false,
    };
    this.looks = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  take(socket: Socket): void {
    if (this.door.isClosing) {
      this.door.onward(socket);
      return;
    }
    const connection = new DoorConnection(this.door, socket, () => this.connections.delete(connection));
    this.connections.add(connection);
  }

  /** Ends connections on which nothing is under way; the others end with their answer. */
  close(): void {
    this.door.isClosing = true;
    clearInterval(this.looks);
    for (const connection of this.connections) connection.close();
  }

  private look(): void {
    for (const connection of this.connections) connection.look();
  }
}

/**
 * One connection, *waiting* for a request (of which a piece may have come), *reading* what one asks for, *writing* its
 * answer, or *left*: closed, or given to Node. What comes before the answer is written is held and the socket paused: a
 * client that sends on is for Node afterwards.
 */
class DoorConnection implements DoorReply {
  private state: 'waiting' | 'reading' | 'writing' | 'left' = 'waiting';
  /** The first piece of a request, or what came while another was answered. */
  private held: Buffer | undefined;
  /** Whether the last look saw it with half a request, or none so far. */
  private isLate = false;
  /** The client will send nothing more. */
  private hasEnded = false;
  private block: Buffer | undefined;
  private readonly listeners = {
    data: (bytes: Buffer) => this.receive(bytes),
    end: () => this.end(),
    // An idle client, or one that does not take its answer: Node destroys those too.
    timeout: () => void (this.state !== 'reading' && this.socket.destroy()),
    // What matters of it follows: the socket closes.
    error: () => {},
    close: () => this.leave(),
  };
  private readonly onWritten = (): void => this.written();

  constructor(
    private readonly door: Door,
    private readonly socket: Socket,
    private readonly onLeft: () => void,
  ) {
    socket.setTimeout(door.keepAliveMs);
    for (const [event, listener] of Object.entries(this.listeners)) socket.on(event, listener);
  }

  /** Silent ones and those with half a request go on to Node, which has time-outs for them. */
  look(): void {
    if (this.state !== 'waiting' || (this.held === undefined && this.socket.bytesRead > 0)) return;
    if (this.isLate) this.handOver();
    else this.isLate = true;
  }

  close(): void {
    if (this.state !== 'waiting') return;
    if (this.held === undefined && this.socket.bytesRead > 0) this.socket.destroySoon();
    else this.handOver();
  }

  json(status: DoorRoute['status'], body: Buffer): void {
    const { socket, door } = this;
    this.state = 'writing';
    const head = door.heads.json(status, body.length, this.isLast);
    const block = (this.block = door.blocks.take(body.length));
    const bodyAt = block.write(head, 0, 'latin1');
    body.copy(block, bodyAt);
    socket.write(block.subarray(0, bodyAt + body.length), this.onWritten);
  }

  error(answer: ErrorAnswer): void {
    this.state = 'writing';
    this.socket.write(this.door.heads.error(answer, this.isLast) + answer.body, this.onWritten);
  }

  cutOff(): void {
    this.socket.destroy();
  }

  private get isLast(): boolean {
    return this.door.isClosing || this.hasEnded;
  }

  private receive(bytes: Buffer): void {
    const all = this.held ? Buffer.concat([this.held, bytes]) : bytes;
    if (this.state !== 'waiting') {
      this.held = all;
      this.socket.pause();
      return;
    }
    const reading = this.door.requests.read(all);
    const isFirst = this.held === undefined;
    this.held = all;
    if (reading.kind === 'begun' && isFirst) return;
    const route = reading.kind === 'whole' && this.door.answers.routeFor(reading.request.head);
    if (!route) {
      this.handOver();
      return;
    }
    const { head, bodyAt, end } = reading.request;
    this.held = undefined;
    this.isLate = false;
    this.state = 'reading';
    this.door.answers.answer(route, head.url, all.subarray(bodyAt, end), this);
  }

  /** The answer has left this process. */
  private written(): void {
    if (this.block) this.door.blocks.giveBack(this.block);
    this.block = undefined;
    if (this.state !== 'writing') return;
    this.state = 'waiting';
    if (this.isLast) this.socket.destroySoon();
    else if (this.held) this.handOver();
  }

  private end(): void {
    this.hasEnded = true;
    if (this.state === 'waiting') this.socket.end();
  }

  private handOver(): void {
    const { socket, held } = this;
    this.leave();
    for (const [event, listener] of Object.entries(this.listeners)) socket.off(event, listener);
    socket.setTimeout(0);
    this.door.onward(socket);
    if (held) socket.unshift(held);
    socket.resume();
  }

  private leave(): void {
    this.state = 'left';
    this.held = undefined;
    this.onLeft();
  }
}
