import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InvalidStateError } from '../errors.js';
import type { FrameTarget } from '../protocol/frame-writer.js';
import { BatchPhase } from './batch-phase.js';
import { OctetQueue } from './octet-queue.js';
import { joinShared } from './shared-group.js';
import type { SharedOctets } from './shared-octets.js';
import { TakenMarks } from './taken-marks.js';
import { callOnTick, type TickTask } from './tick-round.js';

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

/** Is told by an {@link OutputBatch}, in a later turn, that the socket has taken something. */
export interface BatchOwner {
  /** Whether it has to be told also of what the socket takes at once. */
  readonly awaitsProgress: boolean;
  batchOnProgress(): void;
  /** Learns that octets which others get too may wait for long; `end` counts the octets up to and with them. */
  batchOnShared(octets: Buffer, end: number): void;
}

/**
 * Collects the frames of one connection, so that everything sent in one turn leaves in one socket write: at the
 * end of the current read callback, else on the next tick; at once above 64 KiB. While the socket is still busy
 * with the last write, frames wait here, where they are counted.
 */
export class OutputBatch implements FrameTarget, TickTask {
  slab: Buffer = NO_OCTETS;

  readonly #stream: Duplex;
  readonly #owner: BatchOwner;
  /** Whether what is written may be overwritten once `writableLength` is 0: only a plain socket keeps nothing then. */
  readonly #keepsNothing: boolean;

  #phase: BatchPhase = BatchPhase.OPEN;
  #inTurn = false;
  #tickScheduled = false;
  /** Part of the slab that is filled and not yet in the queue. */
  #slabStart = 0;
  #slabEnd = 0;
  /** What others get too, while nothing but the slab waits behind it. */
  #shared: SharedOctets | undefined;
  /** What goes before the slab; made when it is first needed. */
  #queue: OctetQueue | undefined;
  #writtenBytes = 0;
  /** Writes that the stream has not called back for; late, when the kernel took them at once. */
  #writesUnderWay = 0;
  /** Made when somebody first waits. */
  #marks: TakenMarks | undefined;
  #whenEnded: (() => void) | undefined;
  /** Tells this batch that the socket took a write; made with the first. */
  #whenTaken: ((error?: Error | null) => void) | undefined;
  /** Octets that the socket is known to have taken. */
  #knownTakenBytes = 0;
  /** Makes the error for whoever waits, once the stream is gone. */
  #reason: (() => Error) | undefined;

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
    return this.#phase === BatchPhase.GONE ? 0 : this.#waitingBytes + this.#stream.writableLength;
  }

  /** Octets of ours that the socket has taken. */
  get takenBytes(): number {
    if (this.#phase === BatchPhase.GONE) return this.#knownTakenBytes;
    return Math.max(0, this.#writtenBytes - this.#stream.writableLength);
  }

  /** Whether the socket has not told that it took the last write. */
  get isStalled(): boolean {
    return this.#writesUnderWay > 0;
  }

  /** Octets that wait, if others get them all and the socket keeps up; else Infinity. */
  get lightBytes(): number {
    if (this.#writesUnderWay > 0 || this.#phase !== BatchPhase.OPEN || !this.#isSlabEmpty) return Infinity;
    if (this.#shared !== undefined) return this.#shared.length;
    return this.#queuedBytes === 0 ? 0 : Infinity;
  }

  get #isSlabEmpty(): boolean {
    return this.#slabEnd === this.#slabStart;
  }

  /** Octets that wait here. */
  get #waitingBytes(): number {
    return this.#queuedBytes + this.#slabEnd - this.#slabStart;
  }

  /** Octets that wait before the slab. */
  get #queuedBytes(): number {
    if (this.#shared !== undefined) return this.#shared.length;
    return this.#queue === undefined ? 0 : this.#queue.byteLength;
  }

  reserve(length: number): number {
    // hot path: benchmarks/micro/output-batch
    if (this.#phase !== BatchPhase.OPEN) return this.#reserveNowhere(length);
    if (this.slab.length - this.#slabEnd < length) this.#renewSlab(length);
    const start = this.#slabEnd;
    this.#slabEnd = start + length;
    if (!this.#inTurn && !this.#tickScheduled) this.#schedule();
    return start;
  }

  giveBack(length: number): void {
    if (this.#phase === BatchPhase.OPEN) this.#slabEnd -= length;
  }

  append(octets: Buffer): void {
    if (this.#phase !== BatchPhase.OPEN) return;
    this.#commitSlab();
    this.#enqueue(octets);
    if (!this.#inTurn && !this.#tickScheduled) this.#schedule();
  }

  /**
   * Adds octets that others get too. Several in a row leave as one buffer, the same for all who get the same ones.
   * @param isAlone - whether they are to go right away, if nothing stands against it.
   * @returns whether they do not wait among octets of other origin.
   */
  share(octets: SharedOctets, isAlone: boolean): boolean {
    // hot path: benchmarks/micro/output-batch
    if (this.#phase !== BatchPhase.OPEN) return true;
    if (isAlone && this.#writesSharedAtOnce(octets)) return true;
    const before = this.#shared;
    if (before === undefined ? this.#waitingBytes === 0 && octets.length <= SLICE : this.#isSlabEmpty) {
      const shared = before === undefined ? octets : before.followedBy(octets);
      if (shared !== undefined) {
        this.#shared = shared;
        if (!this.#inTurn && !this.#tickScheduled) this.#schedule();
        return true;
      }
    }
    this.append(octets.octets);
    return false;
  }

  /** Writes what has grown too large to wait for the end of the turn; to be called between frames. */
  flushIfLarge(): void {
    if (this.#waitingBytes >= FLUSH_AT) this.flush();
  }

  /** Begins a read callback: what is sent from now on leaves at {@link OutputBatch.endTurn}. */
  beginTurn(): void {
    this.#inTurn = true;
    if (this.#isSlabEmpty) this.#dropSlab();
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
    if (this.#phase === BatchPhase.ENDING && this.#waitingBytes === 0) {
      this.#phase = BatchPhase.ENDED;
      stream.end(this.#whenEnded);
    }
  }

  /**
   * Ends the byte stream once everything handed in is written; what is handed in from now on is dropped.
   * @param whenTaken - called when the socket took it all.
   */
  end(whenTaken: () => void): void {
    if (this.#phase !== BatchPhase.OPEN) return;
    this.#phase = BatchPhase.ENDING;
    this.#whenEnded = whenTaken;
    this.flush();
  }

  /**
   * Waits until everything handed in so far is taken by the socket.
   * @throws what {@link OutputBatch.discard} was or is called with, when the stream goes first.
   */
  taken(): Promise<void> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason());
    const marks = (this.#marks ??= new TakenMarks());
    const taken = marks.reached(this.totalBytes);
    this.#settleMarks();
    if (!marks.isEmpty) this.#schedule();
    return taken;
  }

  /** Forgets everything: the stream is gone. */
  discard(reason: () => Error): void {
    this.#lose();
    this.#reason ??= reason;
    if (this.#marks !== undefined) this.#marks.fail(reason());
  }

  /** Notes how far the socket is. One that failed or was destroyed counts what it never sent as done. */
  #observe(): void {
    if (this.#stream.destroyed || this.#stream.errored) this.#lose();
    else this.#knownTakenBytes = this.takenBytes;
  }

  /** Writes nothing any more, and frees what waits; whoever waits learns of it by {@link OutputBatch.discard}. */
  #lose(): void {
    if (this.#phase === BatchPhase.GONE) return;
    this.#writtenBytes += this.#waitingBytes;
    this.#phase = BatchPhase.GONE;
    if (this.slab === sharedSlab) sharedSlabTaken = false;
    this.slab = NO_OCTETS;
    this.#slabStart = this.#slabEnd = 0;
    this.#queue = this.#shared = undefined;
  }

  #schedule(): void {
    if (this.#tickScheduled) return;
    this.#tickScheduled = true;
    callOnTick(this);
  }

  onTick(): void {
    this.#tickScheduled = false;
    this.flush();
    if (this.#isSlabEmpty) this.#dropSlab();
    this.#settleMarks();
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
    if (this.#isSlabEmpty) return;
    const part = this.slab.subarray(this.#slabStart, this.#slabEnd);
    this.#slabStart = this.#slabEnd;
    this.#enqueue(this.slab === sharedSlab ? Buffer.from(part) : part);
  }

  #enqueue(octets: Buffer): void {
    const queue = (this.#queue ??= new OctetQueue());
    const shared = this.#shared;
    if (shared !== undefined) {
      this.#shared = undefined;
      queue.push(shared.octets);
      this.#owner.batchOnShared(shared.octets, this.#writtenBytes + shared.length);
    }
    queue.push(octets);
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

  #writesSharedAtOnce(octets: SharedOctets): boolean {
    if (this.#inTurn || !this.#keepsNothing || this.lightBytes > 0 || octets.length > FLUSH_AT) return false;
    if (!this.#stream.writable || this.#stream.writableLength > 0) return false;
    this.#writeShared(octets);
    return true;
  }

  #writeShared({ octets }: SharedOctets): void {
    this.#write(octets);
    if (this.#stream.writableLength > 0) this.#owner.batchOnShared(octets, this.#writtenBytes);
  }

  #writeQueued(): void {
    const shared = this.#shared;
    if (shared !== undefined) {
      this.#shared = undefined;
      this.#writeShared(shared);
      return;
    }
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
    if (!this.#keepsNothing || this.#owner.awaitsProgress || this.#marks?.isEmpty === false) {
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
    if (this.#phase === BatchPhase.GONE) return;
    this.#settleMarks();
    this.#owner.batchOnProgress();
  }

  #settleMarks(): void {
    if (this.#marks !== undefined && this.#phase !== BatchPhase.GONE) this.#marks.settle(this.takenBytes);
  }
}
