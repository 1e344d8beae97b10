import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { FrameTarget } from '../protocol/frame-writer.js';

const NO_OCTETS = Buffer.alloc(0);
/** Most octets given to the socket at once, so that the progress of a large message can be seen. */
const SLICE = 256 * 1024;
/** What is waiting beyond this goes to the socket before the turn ends. */
const FLUSH_AT = 64 * 1024;
const SHARED_SLAB = 64 * 1024;
const OWN_SLAB = 4 * 1024;

/**
 * Serves every batch while its connection handles a chunk: only one does at a time, and what was put in is
 * written, or copied out, when the chunk is done.
 */
let sharedSlab = Buffer.allocUnsafeSlow(SHARED_SLAB);
let sharedSlabTaken = false;

/** Waits for the socket to take everything up to a mark. */
interface Waiter {
  readonly mark: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Collects the frames of one connection, so that everything sent in one turn leaves in one socket write: at the
 * end of the current read callback, else on the next tick; at once above 64 KiB. While the socket is still busy
 * with the last write, frames wait here, where they are counted.
 */
export class OutputBatch implements FrameTarget {
  slab: Buffer = NO_OCTETS;

  readonly #stream: Duplex;
  /** Tells its owner that the socket took something. */
  readonly #onProgress: () => void;
  /** Whether a buffer may be reused once `writableLength` is 0: only a plain TCP or Unix socket is known not to keep it. */
  readonly #takesAtOnce: boolean;

  /** Part of the slab that is filled and not yet in the queue. */
  #slabStart = 0;
  #slabEnd = 0;
  #queue: Buffer[] = [];
  /** Index in the queue of the next buffer to write. */
  #head = 0;
  #queuedBytes = 0;
  #writtenBytes = 0;
  /** Writes begun, and how many of them, from the first on, are known to be done. */
  #writesBegun = 0;
  #writesDone = 0;
  /** Callbacks of writes seen so far; they come late when the kernel took all at once. */
  #callbacks = 0;
  #mode: 'tick' | 'read' | 'ended' = 'tick';
  #tickScheduled = false;
  #waiters: Waiter[] = [];
  #whenEnded: (() => void) | undefined;

  constructor(stream: Duplex, onProgress: () => void) {
    this.#stream = stream;
    this.#onProgress = onProgress;
    this.#takesAtOnce = stream instanceof Socket && !(stream instanceof TLSSocket);
  }

  /** Octets handed in so far. */
  get totalBytes(): number {
    return this.#writtenBytes + this.#queuedBytes + this.#slabEnd - this.#slabStart;
  }

  /** Octets that the socket has not taken yet. */
  get backlog(): number {
    return this.#queuedBytes + this.#slabEnd - this.#slabStart + this.#stream.writableLength;
  }

  /** Octets that the socket has taken. */
  get takenBytes(): number {
    return this.totalBytes - this.backlog;
  }

  reserve(length: number): number {
    // hot path: benchmarks/micro/output-batch
    if (this.slab.length - this.#slabEnd < length) this.#renewSlab(length);
    const start = this.#slabEnd;
    this.#slabEnd = start + length;
    if (this.#mode === 'tick' && !this.#tickScheduled) this.#schedule();
    return start;
  }

  giveBack(length: number): void {
    this.#slabEnd -= length;
  }

  append(octets: Buffer): void {
    this.#commitSlab();
    this.#queue.push(octets);
    this.#queuedBytes += octets.length;
    if (this.#mode === 'tick' && !this.#tickScheduled) this.#schedule();
  }

  /** Writes what has grown too large to wait for the end of the turn; to be called between frames. */
  flushIfLarge(): void {
    if (this.#queuedBytes + this.#slabEnd - this.#slabStart >= FLUSH_AT) this.flush();
  }

  /** Begins a read callback: what is sent from now on leaves at {@link OutputBatch.endTurn}. */
  beginTurn(): void {
    if (this.#mode !== 'tick') return;
    this.#mode = 'read';
    if (this.#slabEnd === this.#slabStart) this.#dropSlab();
  }

  /** Ends a read callback: one write for all that was sent in it. */
  endTurn(): void {
    if (this.#mode !== 'read') return;
    this.#mode = 'tick';
    if (this.#slabEnd > this.#slabStart || this.#queuedBytes > 0) this.flush();
    // Someone else's turn: what is left in the shared slab moves out of it.
    if (this.slab === sharedSlab) this.#dropSlab();
  }

  /** Gives the socket as much as it takes. */
  flush(): void {
    const stream = this.#stream;
    while (stream.writableLength === 0 || this.#writesDone === this.#writesBegun) {
      this.#writesDone = this.#writesBegun;
      const pending = this.#slabEnd - this.#slabStart;
      if (this.#queuedBytes === 0) {
        if (pending === 0) break;
        this.#writeSlab();
      } else {
        this.#commitSlab();
        this.#writeQueued();
      }
    }
    if (this.#whenEnded !== undefined) this.#endWhenEmpty();
  }

  /** Ends the byte stream once everything handed in is written; `whenTaken` is called when the socket took it. */
  end(whenTaken: () => void): void {
    this.#whenEnded = whenTaken;
    this.flush();
  }

  /**
   * Waits until everything handed in so far is taken by the socket.
   * @throws what {@link OutputBatch.discard} was called with, when the stream goes first.
   */
  taken(): Promise<void> {
    const mark = this.totalBytes;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ mark, resolve, reject });
      this.#settleWaiters();
      if (this.#waiters.length > 0) this.#schedule();
    });
  }

  /** Forgets everything: the stream is gone. */
  discard(reason: Error): void {
    this.#mode = 'ended';
    if (this.slab === sharedSlab) sharedSlabTaken = false;
    this.#queue = [];
    this.#head = 0;
    this.#queuedBytes = 0;
    this.#slabStart = this.#slabEnd = 0;
    this.slab = NO_OCTETS;
    this.#whenEnded = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(reason);
  }

  #schedule(): void {
    if (this.#tickScheduled || this.#mode === 'ended') return;
    this.#tickScheduled = true;
    process.nextTick(flushOnTick, this);
  }

  /** Runs on the next tick; not for callers. @internal */
  tick(): void {
    this.#tickScheduled = false;
    if (this.#mode === 'ended') return;
    this.flush();
    if (this.#slabEnd === this.#slabStart) this.#dropSlab();
    this.#settleWaiters();
  }

  #renewSlab(length: number): void {
    const isFirst = this.slab === NO_OCTETS;
    this.#dropSlab();
    if (this.#mode === 'read' && length <= SHARED_SLAB && isFirst && !sharedSlabTaken) {
      this.slab = sharedSlab;
      sharedSlabTaken = true;
    } else {
      // A lone frame gets just its room, from Node's pool; more of them share a slab.
      this.slab = Buffer.allocUnsafe(isFirst ? length : Math.max(length, OWN_SLAB));
    }
  }

  /** Moves what the slab holds to the queue; out of the shared slab by copy. */
  #commitSlab(): void {
    const length = this.#slabEnd - this.#slabStart;
    if (length === 0) return;
    const part = this.slab.subarray(this.#slabStart, this.#slabEnd);
    this.#queue.push(this.slab === sharedSlab ? Buffer.from(part) : part);
    this.#queuedBytes += length;
    this.#slabStart = this.#slabEnd;
  }

  #dropSlab(): void {
    this.#commitSlab();
    if (this.slab === sharedSlab) sharedSlabTaken = false;
    this.slab = NO_OCTETS;
    this.#slabStart = this.#slabEnd = 0;
  }

  #writeSlab(): void {
    const part = this.slab.subarray(this.#slabStart, this.#slabEnd);
    if (this.slab !== sharedSlab) {
      this.#slabStart = this.#slabEnd;
      this.#write(part);
      return;
    }
    this.#slabStart = this.#slabEnd = 0;
    if (!this.#takesAtOnce) {
      this.#write(Buffer.from(part));
      return;
    }
    this.#write(part);
    // The kernel was full and the socket keeps the buffer: everybody gets another one.
    if (this.#stream.writableLength > 0) {
      sharedSlab = Buffer.allocUnsafeSlow(SHARED_SLAB);
      sharedSlabTaken = false;
      this.slab = NO_OCTETS;
    }
  }

  #writeQueued(): void {
    const queue = this.#queue;
    const group: Buffer[] = [];
    let length = 0;
    while (this.#head < queue.length && length < SLICE) {
      const next = queue[this.#head]!;
      if (next.length <= SLICE - length) {
        group.push(next);
        length += next.length;
        queue[this.#head++] = NO_OCTETS;
      } else if (length === 0) {
        group.push(next.subarray(0, SLICE));
        length = SLICE;
        queue[this.#head] = next.subarray(SLICE);
      } else {
        break;
      }
    }
    if (this.#head === queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    this.#queuedBytes -= length;
    if (group.length > 1) this.#stream.cork();
    for (const octets of group) this.#write(octets);
    if (group.length > 1) this.#stream.uncork();
  }

  #write(octets: Buffer): void {
    this.#writtenBytes += octets.length;
    this.#writesBegun += 1;
    this.#stream.write(octets, this.#socketOnTaken);
  }

  readonly #socketOnTaken = (): void => {
    this.#callbacks += 1;
    if (this.#callbacks > this.#writesDone) this.#writesDone = this.#callbacks;
    if (this.#mode === 'ended') return;
    if (this.#queuedBytes > 0 || this.#slabEnd > this.#slabStart || this.#whenEnded !== undefined)
      this.flush();
    this.#settleWaiters();
    this.#onProgress();
  };

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    const taken = this.takenBytes;
    while (this.#waiters.length > 0 && this.#waiters[0]!.mark <= taken) this.#waiters.shift()!.resolve();
  }

  #endWhenEmpty(): void {
    if (this.#queuedBytes > 0 || this.#slabEnd > this.#slabStart) return;
    const whenTaken = this.#whenEnded!;
    this.#whenEnded = undefined;
    this.#stream.end(whenTaken);
  }
}

function flushOnTick(batch: OutputBatch): void {
  batch.tick();
}
