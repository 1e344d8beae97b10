import { InvalidOptionError, InvalidStateError, WebSocketError } from '../errors.js';
import { Opcode } from '../protocol/constants.js';
import { isBrief, messageData } from './outgoing-message.js';
import { OutgoingQueue, type WriteCallback } from './outgoing-queue.js';
import { NORMAL } from './queue-marks.js';
import { StreamMark } from './stream-marks.js';

/** Encodings that a text message may be said to have: it goes out as UTF-8. */
const TEXT_ENCODINGS: ReadonlySet<string> = new Set(['utf8', 'utf-8', 'buffer']);

/** Is the writable side of a connection, as Node's streams have it: one message for each write. */
export abstract class WritableSide extends OutgoingQueue {
  /**
   * Sends one message: a string as text, octets as binary.
   * @param chunk - the message; octets must not be changed until `callback`.
   * @param callback - called once the socket has taken the message, or with the error that prevents it.
   * @returns whether the backlog is below the soft limit; if not, wait for `drain`.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything that is no message, InvalidStateError
   * (`ERR_WS_INVALID_STATE`) between the fragments of a message.
   */
  override write(chunk: unknown, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding: BufferEncoding | undefined, callback?: WriteCallback): boolean;
  override write(
    chunk: unknown,
    encodingOrCallback?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    // Node's queue is for what has to wait.
    if (encodingOrCallback === undefined && callback === undefined && this.sendBriefly(chunk) > 0)
      return this.tellWritten();
    const done = typeof encodingOrCallback === 'function' ? encodingOrCallback : callback;
    if (typeof encodingOrCallback === 'string' && !TEXT_ENCODINGS.has(encodingOrCallback.toLowerCase())) {
      throw new InvalidOptionError('encoding', encodingOrCallback, 'utf8, or a Buffer instead of the string');
    }
    const data = messageData(chunk, 'chunk');
    if (this.isClosingOrClosed) return this.refuseWrite(done, this.closedError());
    if (this.isInsideMessage) {
      throw new InvalidStateError('write: a fragmented message is not finished');
    }
    if (done === undefined && this.session !== undefined) {
      const opcode = typeof data === 'string' ? Opcode.TEXT : Opcode.BINARY;
      return this.sendData(opcode, data, true) >= 0 && this.tellWritten();
    }
    const verdict = this.applyPolicy();
    if (verdict === 'closed') return this.refuseWrite(done, this.closedError());
    if (verdict === 'drop') {
      this.countDropped();
      this.marks |= StreamMark.NEEDS_DRAIN;
      return this.refuseWrite(done, null);
    }
    const settle =
      done === undefined ? undefined : (error?: Error | null) => this.settleWrite(done, error ?? null);
    this.enqueueMessage(data, settle);
    return this.tellWritten();
  }

  /** Sends a last message, if any, and starts the closing handshake with 1000; `finish` follows once all is taken. */
  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding: BufferEncoding | undefined, callback?: () => void): this;
  override end(...args: unknown[]): this {
    const callback = args.find((arg): arg is () => void => typeof arg === 'function');
    const [chunk, encoding] = args;
    if (chunk !== undefined && chunk !== null && chunk !== callback) {
      this.write(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
    }
    if (this.isAnnounced) this.session!.beginClosing(NORMAL.code, NORMAL.reason);
    if (callback === undefined) return super.end();
    if (this.destroyed && !this.writableEnded) {
      // Node would keep the callback and never call it.
      this.refuseWrite(callback, this.closedError());
      return this;
    }
    return super.end((error?: Error | null) => this.callWriterBack(callback, error ?? null));
  }

  /**
   * Sends a whole binary message that is copied right away, so that nothing has to be known of its memory, if nothing
   * stands in its way.
   * @returns octets of header and payload; 0 if something does, or it is none.
   * @internal
   */
  protected sendBriefly(message: unknown): number {
    // hot path: benchmarks/micro/sender
    const sender = !isBrief(message) || this.isClosingOrClosed ? undefined : this.freeSender();
    if (sender === undefined) return 0;
    this.messagesSent += 1;
    return sender.sendBriefly(message as Uint8Array);
  }

  /** Puts our Close behind what was handed in, and ends the writable side with it unless a writer is at work. @internal */
  closeWritable(): void {
    if (!this.hasWriter) {
      super.end();
      return;
    }
    while (this.writableCorked > 0) this.uncork();
    this.enqueueClose();
  }

  /**
   * Whether somebody has more to write, and waits for `drain`: such a writer is cut short by the end, and told so. To
   * finish would leave a `pipeline` from an iterable waiting forever. @internal
   */
  protected get hasWriter(): boolean {
    return (this.marks & StreamMark.WRITTEN) !== 0 && !this.writableEnded && this.listenerCount('drain') > 0;
  }

  /** Emits `drain`, unless the backlog is still above the soft limit. @internal */
  emitDrain(): void {
    if (this.bufferedAmount >= this.settings.softBacklogBytes) {
      this.marks |= StreamMark.NEEDS_DRAIN;
      return;
    }
    this.marks &= ~StreamMark.NEEDS_DRAIN;
    if (!this.writableEnded && !this.destroyed) this.emit('drain');
  }

  static {
    // Declared as a property, so that it cannot be overridden as the accessor it is.
    Object.defineProperty(this.prototype, 'writableNeedDrain', {
      configurable: true,
      get(this: WritableSide): boolean {
        return this.isDrainDue() || this.session?.needsDrain === true;
      },
    });
  }

  /** @internal */
  protected override queueOnEmpty(): void {
    if (this.isDrainDue()) process.nextTick(() => this.drainIfDue());
  }

  /** Notes that somebody writes. @returns whether they may go on; if not, `drain` is due. */
  private tellWritten(): boolean {
    this.marks |= StreamMark.WRITTEN;
    if (this.bufferedAmount < this.settings.softBacklogBytes) return true;
    this.marks |= StreamMark.NEEDS_DRAIN;
    return false;
  }

  private isDrainDue(): boolean {
    return (this.marks & StreamMark.NEEDS_DRAIN) !== 0;
  }

  private refuseWrite(done: WriteCallback | undefined, error: Error | null): false {
    if (done !== undefined) process.nextTick(() => this.callWriterBack(done, error));
    return false;
  }

  /** Waits with the callback of a write until the socket has taken it: large octets are not copied. */
  private settleWrite(done: WriteCallback, error: Error | null): void {
    if (error !== null) {
      this.callWriterBack(done, error instanceof WebSocketError ? error : this.closedError());
      return;
    }
    this.session!.taken().then(
      () => this.callWriterBack(done, null),
      (reason: unknown) => this.callWriterBack(done, reason as Error),
    );
  }

  private callWriterBack(done: WriteCallback, error: Error | null): void {
    try {
      done(error);
    } catch (thrown) {
      this.listenerOnError(thrown, 'write');
    }
  }

  /** Emits `drain` when it was the queue alone that kept the backlog up; of its own backlog the sender tells. */
  private drainIfDue(): void {
    if (this.isDrainDue() && this.session?.needsDrain !== true) this.emitDrain();
  }
}
