import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InvalidStateError } from '../errors.js';
import type { FrameTarget } from '../protocol/frame-writer.js';
import type { BatchOwner } from './batch-owner.js';
import { BatchPhase } from './batch-phase.js';
import { FrameRoom, NO_OCTETS } from './frame-room.js';
import { OctetQueue } from './octet-queue.js';
import { joinShared } from './shared-group.js';
import type { SharedOctets } from './shared-octets.js';
import { sharedSlab } from './shared-slab.js';
import { SLICE, sliceLength } from './slice-length.js';
import { TakenMarks } from './taken-marks.js';
import { callOnTick, type TickTask } from './tick-round.js';
import { joinRound } from './write-round.js';

/** What is waiting beyond this goes to the socket before the turn ends. */
const FLUSH_AT = 64 * 1024;

/** Takes the place of a stream in a batch that has none. */
const NOWHERE = Object.freeze({}) as Duplex;

/**
 * Collects the frames of one connection, so that everything sent in one turn leaves in one socket write: at the
 * end of the current read callback or, where it was costly, soon after; else on the next tick; at once above 64 KiB.
 * While the socket is still busy with the last write, frames wait here, where they are counted.
 */
export class OutputBatch extends FrameRoom implements FrameTarget, TickTask {
  readonly #owner: BatchOwner;
  #stream!: Duplex;
  /** Whether what is written may be overwritten once `writableLength` is 0: only a plain socket keeps nothing then. */
  #keepsNothing!: boolean;

  #phase: BatchPhase = BatchPhase.OPEN;
  #tickScheduled = false;
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
    super();
    this.#owner = owner;
    this.begin(stream, 0);
  }

  /** Whether nothing is under way, so that it can go on with another stream. */
  get isAtRest(): boolean {
    // hot path: benchmarks/micro/output-batch
    return !this.inTurn && this.isSlabEmpty && this.#isIdle();
  }

  /** Whether nothing is under way but what the slab holds. */
  #isIdle(): boolean {
    if (this.#phase !== BatchPhase.OPEN || this.#tickScheduled || this.#writesUnderWay > 0) return false;
    if (this.#queuedBytes() > 0 || this.#marks?.isEmpty === false) return false;
    return this.#stream.writableLength === 0;
  }

  /** Begins with another stream; only at rest. @param totalBytes - octets that it was handed before. */
  begin(stream: Duplex, totalBytes: number): void {
    // hot path: benchmarks/micro/output-batch
    this.#stream = stream;
    this.#keepsNothing = stream.constructor === Socket;
    this.#writtenBytes = this.#knownTakenBytes = totalBytes;
  }

  /** Forgets its stream, so that it keeps none alive. */
  forget(): void {
    this.#stream = NOWHERE;
    if (this.slab !== NO_OCTETS) this.forgetSlab();
  }

  /** Octets handed in so far. */
  get totalBytes(): number {
    return this.#writtenBytes + this.#waitingBytes();
  }

  /** Octets that the socket has not taken yet, those of others included; 0 once the stream is gone. */
  get backlog(): number {
    return this.#phase === BatchPhase.GONE ? 0 : this.#waitingBytes() + this.#stream.writableLength;
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
    if (this.#writesUnderWay > 0 || this.#phase !== BatchPhase.OPEN || !this.isSlabEmpty) return Infinity;
    if (this.#shared !== undefined) return this.#shared.length;
    return this.#queuedBytes() === 0 ? 0 : Infinity;
  }

  /** Octets that wait here. */
  #waitingBytes(): number {
    return this.#queuedBytes() + this.slabEnd - this.slabStart;
  }

  /** Octets that wait before the slab. */
  #queuedBytes(): number {
    if (this.#shared !== undefined) return this.#shared.length;
    return this.#queue === undefined ? 0 : this.#queue.byteLength;
  }

  reserve(length: number): number {
    // hot path: benchmarks/micro/output-batch
    if (this.#phase !== BatchPhase.OPEN) return this.fillNowhere(length);
    const start = this.fill(length);
    if (!this.inTurn && !this.#tickScheduled) this.#schedule();
    return start;
  }

  giveBack(length: number): void {
    if (this.#phase === BatchPhase.OPEN) this.slabEnd -= length;
  }

  append(octets: Buffer): void {
    if (this.#phase !== BatchPhase.OPEN) return;
    this.commitSlab();
    this.enqueue(octets);
    if (!this.inTurn && !this.#tickScheduled) this.#schedule();
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
    if (before === undefined ? this.#waitingBytes() === 0 && octets.length <= SLICE : this.isSlabEmpty) {
      const shared = before === undefined ? octets : before.followedBy(octets);
      if (shared !== undefined) {
        this.#shared = shared;
        if (!this.inTurn && !this.#tickScheduled) this.#schedule();
        return true;
      }
    }
    this.append(octets.octets);
    return false;
  }

  /** Writes what has grown too large to wait for the end of the turn; to be called between frames. */
  flushIfLarge(): void {
    if (this.#waitingBytes() >= FLUSH_AT) this.flush();
  }

  /** Begins a read callback: what is sent from now on leaves at {@link OutputBatch.endTurn}. */
  beginTurn(): void {
    this.inTurn = true;
    if (this.isSlabEmpty && this.slab !== NO_OCTETS) this.forgetSlab();
  }

  /**
   * Ends a read callback: one write for all that was sent in it.
   * @param isCostly - whether so much was done for it that the write may wait for those of other connections.
   * @returns whether nothing is under way any more.
   */
  endTurn(isCostly = false): boolean {
    // hot path: benchmarks/micro/output-batch
    this.inTurn = false;
    const isFilled = this.isSlabShared && !this.isSlabEmpty;
    if (isFilled && this.#keepsNothing && this.#isIdle() && !this.#stream.destroyed) {
      if (!isCostly || !joinRound(this)) return this.#writeTurn();
      this.#tickScheduled = true;
      this.dropSlab();
      return false;
    }
    if (this.#waitingBytes() > 0) this.flush();
    // Someone else's turn: what is left in the shared slab moves out of it.
    if (this.isSlabShared) this.dropSlab();
    return this.isAtRest;
  }

  /** Writes what most turns bring: some frames for a socket that has taken all before them. @returns whether it has taken them. */
  #writeTurn(): boolean {
    this.#writeSlab();
    this.#knownTakenBytes = this.takenBytes;
    this.forgetSlab();
    return this.isAtRest;
  }

  /** Gives the socket as much as it takes. */
  flush(): void {
    const stream = this.#stream;
    this.#observe();
    // With octets of others before ours the first write joins them, so that its callback tells when to go on.
    while (this.#waitingBytes() > 0 && (stream.writableLength === 0 || this.#writesUnderWay === 0)) {
      if (this.#queuedBytes() === 0) {
        this.#writeSlab();
      } else {
        this.commitSlab();
        this.#writeQueued();
      }
      this.#observe();
    }
    if (this.#phase === BatchPhase.ENDING && this.#waitingBytes() === 0) {
      this.#phase = BatchPhase.ENDED;
      stream.end(this.#whenEnded);
    }
  }

  /** Ends the byte stream once all is written; what comes later is dropped. `whenTaken` is called when all is taken. */
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
    if (this.#marks?.isEmpty === false) this.#marks.fail(reason());
  }

  /** Notes how far the socket is. One that failed or was destroyed counts what it never sent as done. */
  #observe(): void {
    if (this.#stream.destroyed || this.#stream.errored) this.#lose();
    else this.#knownTakenBytes = this.takenBytes;
  }

  /** Writes nothing any more, and frees what waits; whoever waits learns of it by {@link OutputBatch.discard}. */
  #lose(): void {
    if (this.#phase === BatchPhase.GONE) return;
    this.#writtenBytes += this.#waitingBytes();
    this.#phase = BatchPhase.GONE;
    this.forgetSlab();
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
    // Whatever the socket has not taken moves out of the shared slab: others need it.
    if (this.isSlabEmpty || this.isSlabShared) this.dropSlab();
    this.#settleMarks();
    this.#owner.batchOnRest();
  }

  protected override enqueue(octets: Buffer): void {
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
    const { slab } = this;
    const start = this.slabStart;
    const end = this.slabEnd;
    if (!this.isSlabShared) {
      this.slabStart = end;
      this.#write(slab.subarray(start, end));
      return;
    }
    this.slabStart = this.slabEnd = 0;
    if (!this.#keepsNothing) {
      this.#write(Buffer.from(slab.subarray(start, end)));
      return;
    }
    this.#write(sharedSlab.part(start, end));
    // The kernel was full and the socket keeps the buffer: everybody gets another one.
    if (this.#stream.writableLength > 0) {
      sharedSlab.renew();
      this.slab = NO_OCTETS;
    }
  }

  #writesSharedAtOnce(octets: SharedOctets): boolean {
    if (this.inTurn || !this.#keepsNothing || this.lightBytes > 0 || octets.length > FLUSH_AT) return false;
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
    const most = sliceLength(this.#stream, this.takenBytes, queue.byteLength);
    const only = queue.takeOnly(most);
    const taken = only === undefined ? queue.take(most) : [only];
    if (taken === undefined) {
      this.#lose();
      this.#stream.destroy(new InvalidStateError('octets were detached or resized before they were sent'));
      return;
    }
    const group = joinShared(taken);
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
    this.#owner.batchOnRest();
  }

  #settleMarks(): void {
    if (this.#marks !== undefined && this.#phase !== BatchPhase.GONE) this.#marks.settle(this.takenBytes);
  }
}
