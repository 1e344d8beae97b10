import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InvalidStateError } from '../errors.js';
import type { FrameTarget } from '../protocol/frame-writer.js';
import { OctetQueue } from './octet-queue.js';
import { joinShared } from './shared-group.js';

const NO_OCTETS = Buffer.alloc(0);
/** Stands for a list that is empty; most connections never fill one. */
const NOTHING: never[] = [];
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

/** Batches that wait for the next tick: one for all of them, as a broadcast has thousands. */
let due: OutputBatch[] = [];

const Phase = {
  OPEN: 0,
  /** Nothing is added any more; what waits is still written. */
  ENDING: 1,
  /** All is written, and the stream's end with it. */
  ENDED: 2,
  /** The stream is gone. */
  GONE: 3,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** Waits for the socket to take everything up to a mark. */
interface Waiter {
  readonly mark: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Is told by an {@link OutputBatch}, in a later turn, that the socket has taken something. */
export interface BatchOwner {
  /** Whether it has to be told also of what the socket takes at once. */
  readonly awaitsProgress: boolean;
  batchOnProgress(): void;
}

/**
 * Collects the frames of one connection, so that everything sent in one turn leaves in one socket write: at the
 * end of the current read callback, else on the next tick; at once above 64 KiB. While the socket is still busy
 * with the last write, frames wait here, where they are counted.
 */
export class OutputBatch implements FrameTarget {
  slab: Buffer = NO_OCTETS;

  readonly #stream: Duplex;
  readonly #owner: BatchOwner;
  /** Whether what is written may be overwritten once `writableLength` is 0: only a plain socket keeps nothing then. */
  readonly #keepsNothing: boolean;

  #phase: Phase = Phase.OPEN;
  #inTurn = false;
  #tickScheduled = false;
  /** Part of the slab that is filled and not yet in the queue. */
  #slabStart = 0;
  #slabEnd = 0;
  /** What goes before the slab; made when it is first needed. */
  #queue: OctetQueue | undefined;
  #writtenBytes = 0;
  /** Writes that the stream has not called back for; late, when the kernel took them at once. */
  #writesUnderWay = 0;
  #waiters: Waiter[] = NOTHING;
  #whenEnded: (() => void) | undefined;
  /** Tells this batch that the socket took a write; made with the first. */
  #whenTaken: ((error?: Error | null) => void) | undefined;
  /** Octets that the socket is known to have taken. */
  #knownTakenBytes = 0;
  #reason: Error | undefined;

  constructor(stream: Duplex, owner: BatchOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#keepsNothing = Object.getPrototypeOf(stream) === Socket.prototype;
  }

  /** Octets handed in so far. */
  get totalBytes(): number {
    return this.#writtenBytes + this.#waitingBytes;
  }

  /** Octets that the socket has not taken yet, those of others included; 0 once the stream is gone. */
  get backlog(): number {
    return this.#phase === Phase.GONE ? 0 : this.#waitingBytes + this.#stream.writableLength;
  }

  /** Octets of ours that the socket has taken. */
  get takenBytes(): number {
    if (this.#phase === Phase.GONE) return this.#knownTakenBytes;
    return Math.max(0, this.#writtenBytes - this.#stream.writableLength);
  }

  /** Octets that wait here. */
  get #waitingBytes(): number {
    return this.#queuedBytes + this.#slabEnd - this.#slabStart;
  }

  get #queuedBytes(): number {
    return this.#queue === undefined ? 0 : this.#queue.byteLength;
  }

  reserve(length: number): number {
    // hot path: benchmarks/micro/output-batch
    if (this.#phase !== Phase.OPEN) return this.#reserveNowhere(length);
    if (this.slab.length - this.#slabEnd < length) this.#renewSlab(length);
    const start = this.#slabEnd;
    this.#slabEnd = start + length;
    if (!this.#inTurn && !this.#tickScheduled) this.#schedule();
    return start;
  }

  giveBack(length: number): void {
    if (this.#phase === Phase.OPEN) this.#slabEnd -= length;
  }

  append(octets: Buffer): void {
    if (this.#phase !== Phase.OPEN) return;
    this.#commitSlab();
    this.#enqueue(octets);
    if (!this.#inTurn && !this.#tickScheduled) this.#schedule();
  }

  /** Writes what has grown too large to wait for the end of the turn; to be called between frames. */
  flushIfLarge(): void {
    if (this.#waitingBytes >= FLUSH_AT) this.flush();
  }

  /** Begins a read callback: what is sent from now on leaves at {@link OutputBatch.endTurn}. */
  beginTurn(): void {
    this.#inTurn = true;
    if (this.#slabEnd === this.#slabStart) this.#dropSlab();
  }

  /** Ends a read callback: one write for all that was sent in it. */
  endTurn(): void {
    this.#inTurn = false;
    if (this.#waitingBytes > 0) this.flush();
    // Someone else's turn: what is left in the shared slab moves out of it.
    if (this.slab === sharedSlab) this.#dropSlab();
  }

  /** Gives the socket as much as it takes. */
  flush(): void {
    const stream = this.#stream;
    this.#observe();
    // With octets of others before ours the first write joins them, so that its callback tells when to go on.
    while (this.#waitingBytes > 0 && (stream.writableLength === 0 || this.#writesUnderWay === 0)) {
      if (this.#queuedBytes === 0) {
        this.#writeSlab();
      } else {
        this.#commitSlab();
        this.#writeQueued();
      }
      this.#observe();
    }
    if (this.#phase === Phase.ENDING && this.#waitingBytes === 0) {
      this.#phase = Phase.ENDED;
      stream.end(this.#whenEnded);
    }
  }

  /**
   * Ends the byte stream once everything handed in is written; what is handed in from now on is dropped.
   * @param whenTaken - called when the socket took it all.
   */
  end(whenTaken: () => void): void {
    if (this.#phase !== Phase.OPEN) return;
    this.#phase = Phase.ENDING;
    this.#whenEnded = whenTaken;
    this.flush();
  }

  /**
   * Waits until everything handed in so far is taken by the socket.
   * @throws what {@link OutputBatch.discard} was or is called with, when the stream goes first.
   */
  taken(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== undefined) {
        reject(this.#reason);
        return;
      }
      if (this.#waiters === NOTHING) this.#waiters = [];
      this.#waiters.push({ mark: this.totalBytes, resolve, reject });
      this.#settleWaiters();
      if (this.#waiters.length > 0) this.#schedule();
    });
  }

  /** Forgets everything: the stream is gone. */
  discard(reason: Error): void {
    this.#lose();
    this.#reason ??= reason;
    const waiters = this.#waiters;
    this.#waiters = NOTHING;
    for (const waiter of waiters) waiter.reject(reason);
  }

  /** Notes how far the socket is. One that failed or was destroyed counts what it never sent as done. */
  #observe(): void {
    if (this.#stream.destroyed || this.#stream.errored) this.#lose();
    else this.#knownTakenBytes = this.takenBytes;
  }

  /** Writes nothing any more, and frees what waits; whoever waits learns of it by {@link OutputBatch.discard}. */
  #lose(): void {
    if (this.#phase === Phase.GONE) return;
    this.#writtenBytes += this.#waitingBytes;
    this.#phase = Phase.GONE;
    if (this.slab === sharedSlab) sharedSlabTaken = false;
    this.slab = NO_OCTETS;
    this.#slabStart = this.#slabEnd = 0;
    this.#queue = undefined;
  }

  #schedule(): void {
    if (this.#tickScheduled) return;
    this.#tickScheduled = true;
    due.push(this);
    if (due.length === 1) process.nextTick(OutputBatch.#flushDue);
  }

  static #flushDue(this: void): void {
    const batches = due;
    due = [];
    for (const batch of batches) batch.#flushOnTick();
  }

  #flushOnTick(): void {
    this.#tickScheduled = false;
    this.flush();
    if (this.#slabEnd === this.#slabStart) this.#dropSlab();
    this.#settleWaiters();
  }

  /** Makes room for a frame that comes too late to be sent. */
  #reserveNowhere(length: number): number {
    this.#dropSlab();
    this.slab = Buffer.allocUnsafe(length);
    return 0;
  }

  #renewSlab(length: number): void {
    const isFirst = this.slab === NO_OCTETS;
    this.#dropSlab();
    if (this.#inTurn && length <= SHARED_SLAB && isFirst && !sharedSlabTaken) {
      this.slab = sharedSlab;
      sharedSlabTaken = true;
    } else {
      // A lone frame gets just its room, from Node's pool; more of them share a slab.
      this.slab = Buffer.allocUnsafe(isFirst ? length : Math.max(length, OWN_SLAB));
    }
  }

  #dropSlab(): void {
    this.#commitSlab();
    if (this.slab === sharedSlab) sharedSlabTaken = false;
    this.slab = NO_OCTETS;
    this.#slabStart = this.#slabEnd = 0;
  }

  /** Moves what the slab holds to the queue; out of the shared slab by copy. */
  #commitSlab(): void {
    if (this.#slabEnd === this.#slabStart) return;
    const part = this.slab.subarray(this.#slabStart, this.#slabEnd);
    this.#slabStart = this.#slabEnd;
    this.#enqueue(this.slab === sharedSlab ? Buffer.from(part) : part);
  }

  #enqueue(octets: Buffer): void {
    (this.#queue ??= new OctetQueue()).push(octets);
  }

  #writeSlab(): void {
    const part = this.slab.subarray(this.#slabStart, this.#slabEnd);
    if (this.slab !== sharedSlab) {
      this.#slabStart = this.#slabEnd;
      this.#write(part);
      return;
    }
    this.#slabStart = this.#slabEnd = 0;
    if (!this.#keepsNothing) {
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
    const queue = this.#queue!;
    const only = queue.takeOnly(SLICE);
    if (only !== undefined) {
      this.#write(only);
      return;
    }
    const taken = queue.take(SLICE);
    const group = taken && joinShared(taken);
    if (group === undefined) {
      this.#lose();
      this.#stream.destroy(new InvalidStateError('octets were detached or resized before they were sent'));
      return;
    }
    if (group.length > 1) this.#stream.cork();
    for (const octets of group) this.#write(octets);
    if (group.length > 1) this.#stream.uncork();
  }

  #write(octets: Buffer): void {
    // hot path: benchmarks/micro/output-batch
    const stream = this.#stream;
    this.#writtenBytes += octets.length;
    if (!this.#keepsNothing || this.#owner.awaitsProgress || this.#waiters.length > 0) {
      this.#writeAndTell(octets);
      return;
    }
    stream.write(octets);
    // What the kernel took at once needs no callback; behind the rest, one of no octets tells when it is gone.
    if (stream.writableLength > 0) this.#writeAndTell(NO_OCTETS);
  }

  #writeAndTell(octets: Buffer): void {
    this.#writesUnderWay += 1;
    this.#whenTaken ??= (error) => this.#socketOnTaken(error);
    this.#stream.write(octets, this.#whenTaken);
  }

  #socketOnTaken(error: Error | null | undefined): void {
    this.#writesUnderWay -= 1;
    if (error !== undefined && error !== null) this.#lose();
    this.flush();
    if (this.#phase === Phase.GONE) return;
    this.#settleWaiters();
    this.#owner.batchOnProgress();
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0 || this.#phase === Phase.GONE) return;
    const taken = this.takenBytes;
    while (this.#waiters.length > 0 && this.#waiters[0]!.mark <= taken) this.#waiters.shift()!.resolve();
  }
}
