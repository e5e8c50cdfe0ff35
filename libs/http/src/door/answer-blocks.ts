import { STATUS_CODES } from 'node:http';
import type { ErrorAnswer } from '../problem-filter.js';
import { JSON_TYPE, type DoorRoute } from './door-answers.js';

/** Holds an answer of the usual size with its head; larger ones get blocks of twice, four times, … its length. */
const BLOCK_BYTES = 64 * 1_024;
const HEAD_BYTES_MAX = 256;
/** Of blocks that nobody uses: what is written is mostly out of its block before the next request comes. */
const FREE_BYTES_MAX = 32 * 1_024 * 1_024;

/**
 * Blocks of memory in which head and body of an answer leave together: one system call for both, and memory that the
 * process has already. Buffers of their own for answers made V8 collect garbage all the time, and its pauses were the p99.
 */
export class AnswerBlocks {
  /** By their size: the power of two. */
  private readonly free: Buffer[][] = [];
  private freeBytes = 0;

  /** A block with room for such a body and its head, that nobody else uses until it is given back. */
  take(bodyLength: number): Buffer {
    const bytes = Math.max(BLOCK_BYTES, 2 ** Math.ceil(Math.log2(bodyLength + HEAD_BYTES_MAX)));
    const block = this.free[Math.log2(bytes)]?.pop();
    if (!block) return Buffer.allocUnsafeSlow(bytes);
    this.freeBytes -= bytes;
    return block;
  }

  giveBack(block: Buffer): void {
    if (this.freeBytes + block.length > FREE_BYTES_MAX) return;
    this.freeBytes += block.length;
    (this.free[Math.log2(block.length)] ??= []).push(block);
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';
const ACCEPTED = 'HTTP/1.1 202 Accepted\r\n';

/** The heads of answers on connections that stay open for so long. */
export class AnswerHeads {
  private readonly staying: string;
  private second = 0;
  private date = '';

  constructor(keepAliveMs: number) {
    this.staying = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
  }

  json(status: DoorRoute['status'], length: number, isLast: boolean): string {
    const first = status === 200 ? OK : ACCEPTED;
    return `${first}content-type: ${JSON_TYPE}\r\ncontent-length: ${length}\r\n${this.end(isLast)}`;
  }

  error({ status, headers, body }: ErrorAnswer, isLast: boolean): string {
    const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
    const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields}${this.end(isLast)}`;
  }

  private end(isLast: boolean): string {
    const second = Math.floor(Date.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.date = `Date: ${new Date(second * 1_000).toUTCString()}\r\n`;
    }
    return this.date + (isLast ? 'Connection: close\r\n\r\n' : this.staying);
  }
}
