import type { Duplex } from 'node:stream';
import { SYNC_BYTES } from '../compression/coding.js';
import type { Deflater } from '../compression/deflater.js';
import { LimitError } from '../errors.js';
import { encodeClosePayload } from '../protocol/close-frame.js';
import { CloseCode, Opcode } from '../protocol/constants.js';
import { FrameWriter, firstOctet, headerLength } from '../protocol/frame-writer.js';
import { BacklogAccount, countedFrom } from './backlog-account.js';
import type { BatchOwner } from './batch-owner.js';
import type { CompressedForm } from './compressed-form.js';
import type { ConnectionSettings } from './connection-options.js';
import { byteLength, type AdmittedFrame } from './outgoing-message.js';
import { OutputBatch } from './output-batch.js';
import type { PreparedMessage } from './prepared-message.js';
import { MAX_JOINED_BYTES, type SharedOctets } from './shared-octets.js';
import { backlogBudget, type BudgetHolder } from './process-limits.js';

/** Octets from which it matters that others hold them too. */
const SHARED_FROM = 4 * 1024;

const WHOLE_BINARY = firstOctet(Opcode.BINARY, true, false);

/** Takes a text while it is compressed. */
const encoded = Buffer.alloc(SYNC_BYTES);

/** Is told by a {@link Sender} what its backlog asks for. */
export interface SenderOwner extends BudgetHolder {
  /** Learns that the backlog has fallen below the soft limit again. */
  onDrain(): void;
  /** Learns that nothing may be under way any more: see {@link Sender.isAtRest}. */
  onRest(): void;
}

/** Takes the place of an owner in a sender that has none. */
const NOBODY = Object.freeze({}) as SenderOwner;

/** Sends frames into a byte stream, and knows how far the peer is behind. */
export class Sender implements BatchOwner {
  /** Pongs that were dropped because a newer one made them needless (RFC 6455 §5.5.3). */
  pongsDropped = 0;

  readonly #batch: OutputBatch;
  readonly #writer: FrameWriter;
  #owner!: SenderOwner;
  #settings!: ConnectionSettings;
  /** Whether its frames are masked (RFC 6455 §5.3). */
  readonly isMasked: boolean;
  /** Made when a backlog first counts, or a frame is shared. */
  #processAccount: BacklogAccount | undefined;
  readonly #deflater: Deflater | undefined;
  /** Newest ping of a peer that does not read, unanswered as yet. */
  #unanswered: Buffer | undefined;
  #isOverSoft = false;
  /** Whether a message was compressed in this turn. */
  #hasCompressed = false;

  /** @param deflater - compresses our messages, if that was agreed on. */
  constructor(
    owner: SenderOwner,
    stream: Duplex,
    settings: ConnectionSettings,
    masked: boolean,
    deflater?: Deflater,
  ) {
    this.isMasked = masked;
    this.#deflater = deflater;
    this.#batch = new OutputBatch(stream, this);
    this.#writer = new FrameWriter(this.#batch, masked);
    this.begin(owner, stream, settings, 0);
  }

  /** Tells whether nothing is under way, and nothing is known that would matter later. */
  get isAtRest(): boolean {
    // hot path: benchmarks/micro/sender
    return this.#isReturnable() && !this.awaitsProgress && this.#batch.isAtRest;
  }

  /** Whether it is as any other, once nothing is under way. */
  #isReturnable(): boolean {
    return this.#deflater === undefined && this.pongsDropped === 0;
  }

  /** Begins to send for another connection; only at rest. @param totalBytes - octets that were framed for it before. */
  begin(owner: SenderOwner, stream: Duplex, settings: ConnectionSettings, totalBytes: number): void {
    // hot path: benchmarks/micro/sender
    this.#owner = owner;
    this.#settings = settings;
    this.#batch.begin(stream, totalBytes);
  }

  /** Forgets for whom it sent, so that it keeps no connection alive. */
  forget(): void {
    this.#owner = NOBODY;
    this.#batch.forget();
  }

  /** Octets that the socket has not taken yet. */
  get backlog(): number {
    return this.#batch.backlog;
  }

  /** Octets framed so far. */
  get totalBytes(): number {
    return this.#batch.totalBytes;
  }

  /** Octets that the socket has taken so far. */
  get takenBytes(): number {
    return this.#batch.takenBytes;
  }

  /** Tells whether the backlog has reached the soft limit and `drain` is due. */
  get needsDrain(): boolean {
    return this.#isOverSoft;
  }

  /** Whether something depends on what the socket takes. */
  get awaitsProgress(): boolean {
    return this.#isOverSoft || this.#unanswered !== undefined || this.#processAccount !== undefined;
  }

  /** Tells whether messages go as they are, so that {@link Sender.sendPlain} will do. */
  get isPlain(): boolean {
    return this.#deflater === undefined;
  }

  /** Tells how many octets a frame takes: header and payload. */
  sizeOf(payloadLength: number): number {
    return headerLength(payloadLength, this.isMasked) + payloadLength;
  }

  beginTurn(): void {
    this.#batch.beginTurn();
  }

  /** Ends a turn. @returns whether this is at rest. */
  endTurn(): boolean {
    // hot path: benchmarks/micro/sender
    const hasCompressed = this.#hasCompressed;
    this.#hasCompressed = false;
    if (this.#batch.endTurn(hasCompressed) && !this.awaitsProgress) return this.#isReturnable();
    this.#account();
    return false;
  }

  /** Tells whether a frame takes so long to compress that it is a matter for {@link Sender.sendSlowly}. */
  isSlow(frame: AdmittedFrame): boolean {
    const deflater = this.#deflater;
    if (deflater === undefined || frame.opcode >= Opcode.CLOSE) return false;
    const form = frame.prepared && this.#formOf(frame.prepared, deflater);
    if (form !== undefined) return !form.isReady;
    return deflater.isSlow(frame.opcode !== Opcode.CONTINUATION, byteLength(frame.data));
  }

  /** Compresses a piece of a message in the thread pool, then frames it; no other data may go meanwhile. @returns as {@link Sender.sendFrame}. */
  async sendSlowly({ opcode, fin, data, prepared }: AdmittedFrame): Promise<number> {
    const form = prepared && this.#formOf(prepared, this.#deflater!);
    if (form !== undefined) {
      await form.prepare();
      return this.sendPrepared(prepared!);
    }
    const octets = typeof data === 'string' ? Buffer.from(data) : data;
    this.#deflater!.takes(opcode !== Opcode.CONTINUATION, octets.length);
    const payload = await this.#deflater!.deflateLater(octets, fin);
    return this.#frameCompressed(opcode, fin, octets, payload);
  }

  /** Frames a whole message as it is. @returns octets of header and payload. */
  sendPlain(opcode: number, data: string | Buffer): number {
    // hot path: benchmarks/micro/sender
    return this.#frame(firstOctet(opcode, true, false), data);
  }

  /** Frames a whole binary message as it is, by copy. @param octets - few: see {@link isBrief}. @returns octets of header and payload. */
  sendBriefly(octets: Uint8Array): number {
    // hot path: benchmarks/micro/sender
    return this.#written(this.#writer.writeBrief(WHOLE_BINARY, octets));
  }

  /** Frames a control frame, or data, compressed if it is to be. @returns octets of header and payload. */
  sendFrame(frame: AdmittedFrame): number {
    // hot path: benchmarks/micro/sender
    if (this.#deflater !== undefined && frame.opcode < Opcode.CLOSE) {
      return this.#sendCompressed(this.#deflater, frame);
    }
    return this.#frame(firstOctet(frame.opcode, frame.fin, false), frame.data);
  }

  #sendCompressed(deflater: Deflater, { opcode, fin, data }: AdmittedFrame): number {
    const isFirst = opcode !== Opcode.CONTINUATION;
    const length = byteLength(data);
    if (!deflater.takes(isFirst, length)) return this.#frame(firstOctet(opcode, fin, false), data);
    this.#hasCompressed = true;
    const octets = typeof data === 'string' ? encodeBriefly(data, length) : data;
    return this.#frameCompressed(opcode, fin, data, deflater.deflateNow(octets, fin));
  }

  #frameCompressed(opcode: number, fin: boolean, data: string | Buffer, payload: Buffer | undefined): number {
    if (payload === undefined) return this.#frame(firstOctet(opcode, fin, false), data);
    return this.#frame(firstOctet(opcode, fin, opcode !== Opcode.CONTINUATION), payload);
  }

  #frame(first: number, data: string | Buffer): number {
    return this.#written(this.#writer.write(first, data));
  }

  /** Sees to what was written last. @returns its size. */
  #written(size: number): number {
    this.#batch.flushIfLarge();
    this.#account();
    return size;
  }

  /** Frames a ping or a pong. @returns octets of header and payload. */
  sendControl(opcode: number, payload: string | Buffer): number {
    return this.sendFrame({ opcode, fin: true, data: payload });
  }

  /** Answers a ping; while the peer takes nothing, only the newest one. */
  answerPing(payload: Buffer): void {
    if (this.#batch.backlog > this.#settings.softBacklogBytes) {
      if (this.#unanswered !== undefined) this.pongsDropped += 1;
      this.#unanswered = payload;
      return;
    }
    this.sendControl(Opcode.PONG, payload);
  }

  /** Sends a whole message that others get too. @returns octets of header and payload. */
  sendPrepared(message: PreparedMessage): number {
    // hot path: benchmarks/micro/sender
    const deflater = this.#deflater;
    if (deflater === undefined) return this.#sendForm(message, undefined);
    const form = this.#formOf(message, deflater);
    // A compressor with a memory makes of it what it makes of no other.
    if (form === undefined && deflater.keepsContext) return this.#sendCompressed(deflater, message.admitted);
    return this.#sendForm(message, form);
  }

  /** Gives what all connections that compress as this one does make of a message; undefined if there is no such form. */
  #formOf(message: PreparedMessage, deflater: Deflater): CompressedForm | undefined {
    const isShared = !deflater.keepsContext && deflater.takesWhole(message.byteLength);
    return isShared ? message.compressedFor(deflater) : undefined;
  }

  #sendForm(message: PreparedMessage, form: CompressedForm | undefined): number {
    if (!this.isMasked) return this.#share((form ?? message).frame);
    const payload = form?.compressed;
    return this.#frame(firstOctet(message.opcode, true, payload !== undefined), payload ?? message.payload);
  }

  /**
   * Sends a whole message that others get too where that takes no more than to hand it on.
   * @param isAlone - whether no other is expected in this turn, so that it goes right away.
   * @returns its octets; 0 where it takes more.
   */
  sendLightly(message: PreparedMessage, isAlone: boolean): number {
    // hot path: benchmarks/micro/sender
    const frame = this.isMasked ? undefined : this.#readyFrame(message);
    if (frame === undefined) return 0;
    const total = this.#batch.lightBytes + frame.length;
    if (total > MAX_JOINED_BYTES || total >= this.#settings.softBacklogBytes) return 0;
    this.#batch.share(frame, isAlone);
    return frame.length;
  }

  /** Gives the frame that this peer gets as others do, unless there is none or it is still being compressed. */
  #readyFrame(message: PreparedMessage): SharedOctets | undefined {
    const deflater = this.#deflater;
    if (deflater === undefined || !deflater.takesWhole(message.byteLength)) return message.frame;
    if (deflater.keepsContext) return undefined;
    const form = message.compressedFor(deflater);
    return form.isReady ? form.frame : undefined;
  }

  /** Adds octets that others get too, by reference. @returns how many. */
  #share(octets: SharedOctets): number {
    const batch = this.#batch;
    // Behind a socket that does not keep up they wait for themselves, so that each is accounted for.
    if (batch.isStalled) batch.append(octets.octets);
    if (batch.isStalled || !batch.share(octets, false))
      this.#openAccount().share(octets.octets, batch.totalBytes);
    batch.flushIfLarge();
    this.#account();
    return octets.length;
  }

  /** Puts a Close on the socket, behind all that was sent (RFC 6455 §5.5.1). */
  sendClose(code: number, reason: string): void {
    this.#unanswered = undefined;
    this.#writer.writeOctets(firstOctet(Opcode.CLOSE, true, false), encodeClosePayload(code, reason));
    this.#batch.flush();
    this.#account();
  }

  /** Waits until the socket has taken all that was sent. @throws what {@link Sender.discard} gives. */
  taken(): Promise<void> {
    return this.#batch.taken();
  }

  /** Ends the byte stream once all that was sent is written; `whenTaken` is called when that has come to pass. */
  end(whenTaken: () => void): void {
    this.#batch.end(whenTaken);
  }

  /** Makes the error for a peer that takes too little: by its own limit, else by that of the whole process. */
  slowness(): LimitError {
    const { hardBacklogBytes } = this.#settings;
    return this.backlog >= hardBacklogBytes
      ? slowConsumer('hardBacklogBytes', hardBacklogBytes, this.backlog)
      : slowConsumer('maxBacklogBytes', backlogBudget.limit, this.backlog);
  }

  /** Forgets all that was not taken: the stream is gone. */
  discard(reason: () => Error): void {
    this.#processAccount?.close();
    this.#deflater?.discard();
    this.#batch.discard(reason);
  }

  /** Notes a backlog that outlives the turn. */
  #account(): void {
    // hot path: benchmarks/micro/sender
    const backlog = this.#batch.backlog;
    const { softBacklogBytes } = this.#settings;
    if (backlog >= softBacklogBytes) this.#isOverSoft = true;
    if (this.#processAccount === undefined && backlog < countedFrom(softBacklogBytes)) return;
    const account = this.#openAccount();
    account.update(backlog, this.#batch.takenBytes);
    if (account.isEmpty) this.#processAccount = undefined;
  }

  #openAccount(): BacklogAccount {
    return (this.#processAccount ??= new BacklogAccount(this.#owner, this.#settings.softBacklogBytes));
  }

  /** Learns from the batch that octets which others get too may wait for long. */
  batchOnShared(octets: Buffer, end: number): void {
    if (octets.length >= SHARED_FROM) this.#openAccount().share(octets, end);
  }

  /** Learns from the batch that nothing may be under way any more. */
  batchOnRest(): void {
    this.#owner.onRest();
  }

  /** Learns from the batch that the socket has taken something. */
  batchOnProgress(): void {
    this.#account();
    if (this.#batch.backlog >= this.#settings.softBacklogBytes) return;
    if (this.#unanswered !== undefined) {
      const payload = this.#unanswered;
      this.#unanswered = undefined;
      this.sendControl(Opcode.PONG, payload);
    }
    if (this.#isOverSoft) {
      this.#isOverSoft = false;
      this.#owner.onDrain();
    }
  }
}

/** Encodes a text for as long as nobody encodes another. @param length - its octets. */
function encodeBriefly(text: string, length: number): Buffer {
  // hot path: benchmarks/micro/sender
  if (length > SYNC_BYTES) return Buffer.from(text);
  // As many octets as units: all are ASCII, which both encodings write alike, one of them much faster.
  encoded.write(text, 0, length, length === text.length ? 'latin1' : 'utf8');
  return encoded.subarray(0, length);
}

/** Makes the error for output that the peer does not take. */
export function slowConsumer(limit: string, value: number, backlog: number): LimitError {
  return new LimitError(limit, value, backlog, CloseCode.TRY_AGAIN_LATER, 'backlog of output (octets)');
}
