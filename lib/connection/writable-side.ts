import type { Duplex } from 'node:stream';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError, WebSocketError } from '../errors.js';
import { maySend } from '../protocol/closing-state.js';
import { CloseCode, DEFAULT_REASONS, Opcode } from '../protocol/constants.js';
import type { Connection } from './connection.js';
import type { ConnectionSettings } from './connection-options.js';
import { ContainedDuplex } from './contained-duplex.js';
import {
  OutgoingMessage,
  byteLength,
  messageData,
  waitingBytes,
  type AdmittedFrame,
} from './outgoing-message.js';
import { slowConsumer } from './sender.js';
import type { Session } from './session.js';

type WriteCallback = (error?: Error | null) => void;

/** Is a write or an end that waits for the opening handshake. */
interface Held {
  readonly run: () => void;
  readonly fail: (error: Error) => void;
}

const NORMAL = { code: CloseCode.NORMAL_CLOSURE, reason: DEFAULT_REASONS[CloseCode.NORMAL_CLOSURE]! };

/** Goes through the queue and leaves no trace: it marks a place in it. */
const NOTHING: AdmittedFrame = Object.freeze({ opcode: 0, fin: true, data: '' });
/** Stands for our Close in the queue when the writable side does not end with it. */
const CLOSE: AdmittedFrame = Object.freeze({ opcode: Opcode.CLOSE, fin: true, data: '' });

/** Encodings that a text message may be said to have: it goes out as UTF-8. */
const TEXT_ENCODINGS: ReadonlySet<string> = new Set(['utf8', 'utf-8', 'buffer']);

/**
 * Is the writable side of a connection: messages, and fragments of them, in the order they were handed in, under
 * the slow-consumer policy; and our Close behind them.
 */
export abstract class WritableSide extends ContainedDuplex {
  /** @internal */
  protected readonly settings: ConnectionSettings;
  /** Undefined while CONNECTING. @internal */
  protected session: Session<Connection> | undefined;
  /** Whether `connect` was emitted, or is about to be. @internal */
  protected isAnnounced = false;
  /** What our Close says if it is the first one. @internal */
  protected finalClose: { readonly code: number; readonly reason: string } = NORMAL;
  /** @internal */
  protected messagesSent = 0;
  /** @internal */
  protected messagesDropped = 0;

  readonly #outgoing = new OutgoingMessage();
  /** Broadcast frames that came while a fragmented message was under way. */
  #deferred: Buffer[] = [];
  #deferredBytes = 0;
  #held: Held | undefined;
  /** Whether anybody ever used this side as a stream. */
  #isWritten = false;
  /** Octets of the messages that Node's Writable holds for us: while connecting or corked. */
  #queuedBytes = 0;
  #needsDrain = false;

  /** @internal */
  constructor(settings: ConnectionSettings) {
    super({
      allowHalfOpen: true,
      autoDestroy: false,
      emitClose: false,
      decodeStrings: false,
      readableObjectMode: true,
      writableObjectMode: true,
      captureRejections: true,
    } as ConstructorParameters<typeof Duplex>[0]);
    this.settings = settings;
  }

  /** Octets handed in for sending that the socket has not taken yet. */
  get bufferedAmount(): number {
    return this.#queuedBytes + this.#deferredBytes + (this.session?.sender.backlog ?? 0);
  }

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
    const done = typeof encodingOrCallback === 'function' ? encodingOrCallback : callback;
    if (typeof encodingOrCallback === 'string' && !TEXT_ENCODINGS.has(encodingOrCallback.toLowerCase())) {
      throw new InvalidOptionError('encoding', encodingOrCallback, 'utf8, or a Buffer instead of the string');
    }
    const data = messageData(chunk, 'chunk');
    if (this.isClosingOrClosed) return this.#refuse(done, this.closedError());
    if (this.#outgoing.isOpen || this.#outgoing.isSkipping) {
      throw new InvalidStateError('write: a fragmented message is not finished');
    }
    const verdict = this.#applyPolicy();
    if (verdict === 'closed') return this.#refuse(done, this.closedError());
    if (verdict === 'drop') {
      this.messagesDropped += 1;
      this.#needsDrain = true;
      return this.#refuse(done, null);
    }
    const opcode = typeof data === 'string' ? Opcode.TEXT : Opcode.BINARY;
    const settle =
      done === undefined ? undefined : (error?: Error | null) => this.#settleWrite(done, error ?? null);
    this.#isWritten = true;
    this.#enqueue(this.#outgoing.admit(opcode, data, true), settle);
    if (this.bufferedAmount < this.settings.softBacklogBytes) return true;
    this.#needsDrain = true;
    return false;
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
      this.#refuse(callback, this.closedError());
      return this;
    }
    return super.end((error?: Error | null) => this.#callBack(callback, error ?? null));
  }

  /**
   * Waits until all that was sent so far has been handed to the socket's kernel side.
   * @throws ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends first.
   */
  async flushed(): Promise<void> {
    if (this.destroyed) throw this.closedError();
    if (this.session === undefined || this.writableLength > 0) await this.#queueDrained();
    await this.session!.sender.taken();
  }

  /** @internal */
  override _write(frame: AdmittedFrame, encoding: BufferEncoding, callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined) {
      this.#held = { run: () => this._write(frame, encoding, callback), fail: callback };
      return;
    }
    if (frame === CLOSE) session.writeClose();
    else if (frame !== NOTHING) {
      if (this.#queuedBytes > 0) this.#queuedBytes -= waitingBytes(frame);
      if (frame.framed === undefined) session.sender.sendFrame(frame);
      else session.sender.sendFramed(frame.framed);
    }
    callback();
    if (this.#needsDrain && this.#queuedBytes === 0) process.nextTick(() => this.#drainIfDue());
  }

  /** @internal */
  override _final(callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined || !this.isAnnounced) {
      this.#held = { run: () => this._final(callback), fail: callback };
      return;
    }
    session.beginClosing(this.finalClose.code, this.finalClose.reason);
    session.writeClose();
    const finish = (): void => {
      if (session.isOver ? session.outcome.wasClean : session.hasSentClose) callback();
    };
    // At an unclean end there is nothing to finish: it takes this stream with it.
    session.sender.taken().then(finish, finish);
  }

  /** Tells whether nothing can be sent any more. @internal */
  protected get isClosingOrClosed(): boolean {
    return this.writableEnded || (this.session === undefined ? this.destroyed : !maySend(this.session.state));
  }

  /** @internal */
  protected closedError(): ConnectionClosedError {
    return (
      this.session?.closedError() ??
      new ConnectionClosedError(CloseCode.ABNORMAL_CLOSURE, undefined, '', false)
    );
  }

  /** Sends a frame of a data message behind all that was handed in before. @internal */
  protected sendData(opcode: number, data: string | Buffer, final: boolean): number {
    // hot path: benchmarks/micro/sender
    const outgoing = this.#outgoing;
    if (outgoing.isSkipping) {
      outgoing.skip(final);
      return 0;
    }
    const verdict = this.#applyPolicy();
    if (verdict === 'closed') return -1;
    // A message that was begun is not cut short.
    if (verdict === 'drop' && !outgoing.isOpen) {
      outgoing.skip(final);
      this.messagesDropped += 1;
      return 0;
    }
    const frame = outgoing.admit(opcode, data, final);
    const sender = this.session!.sender;
    let size: number;
    if (this.writableLength === 0 && this.writableCorked === 0) {
      if (final) this.messagesSent += 1;
      size = sender.sendFrame(frame);
    } else {
      this.#enqueue(frame, undefined);
      size = sender.sizeOf(byteLength(frame.data));
    }
    if (final && this.#deferredBytes > 0) this.#sendDeferred();
    return size;
  }

  /**
   * Sends a message that was framed elsewhere, for many connections of the server role.
   * @returns its octets; -1 when it cannot be sent, 0 when it was dropped.
   * @internal
   */
  sendFramed(frame: Buffer): number {
    const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return -1;
    const verdict = this.#applyPolicy();
    if (verdict === 'closed') return -1;
    if (verdict === 'drop') {
      this.messagesDropped += 1;
      return 0;
    }
    if (this.#outgoing.isOpen) {
      // It must not fall between the fragments of a message (RFC 6455 §5.4).
      this.#deferred.push(frame);
      this.#deferredBytes += frame.length;
    } else if (this.writableLength > 0 || this.writableCorked > 0) {
      this.#enqueue({ opcode: 0, fin: true, data: '', framed: frame }, undefined);
    } else {
      this.messagesSent += 1;
      session.sender.sendFramed(frame);
    }
    return frame.length;
  }

  /** Puts our Close behind what was handed in, and ends the writable side with it unless a writer is at work. @internal */
  closeWritable(): void {
    if (!this.hasWriter) {
      super.end();
      return;
    }
    while (this.writableCorked > 0) this.uncork();
    super.write(CLOSE);
  }

  /**
   * Whether somebody has more to write, and waits for `drain`: such a writer is cut short by the end, and told so. To
   * finish would leave a `pipeline` from an iterable waiting forever. @internal
   */
  protected get hasWriter(): boolean {
    return this.#isWritten && !this.writableEnded && this.listenerCount('drain') > 0;
  }

  /** Emits `drain`, unless the backlog is still above the soft limit. @internal */
  emitDrain(): void {
    this.#needsDrain = this.bufferedAmount >= this.settings.softBacklogBytes;
    if (!this.#needsDrain && !this.writableEnded && !this.destroyed) this.emit('drain');
  }

  /** Runs what waited for the opening handshake. @internal */
  protected releaseHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.run();
  }

  /** Fails what waited for the opening handshake. @internal */
  protected failHeld(error: Error): void {
    const held = this.#held;
    this.#held = undefined;
    this.#queuedBytes = 0;
    held?.fail(error);
  }

  static {
    // Declared as a property, so that it cannot be overridden as the accessor it is.
    Object.defineProperty(this.prototype, 'writableNeedDrain', {
      configurable: true,
      get(this: WritableSide): boolean {
        return this.#needsDrain || this.session?.sender.needsDrain === true;
      },
    });
  }

  /** Applies the slow-consumer policy to the next message, or the next fragment of one. */
  #applyPolicy(): 'send' | 'drop' | 'closed' {
    // hot path: benchmarks/micro/sender
    const { session, settings } = this;
    const waiting = this.#queuedBytes + this.#deferredBytes;
    const backlog = waiting + (session === undefined ? 0 : session.sender.backlog);
    if (backlog < settings.hardBacklogBytes) return 'send';
    switch (settings.slowConsumer) {
      case 'drop':
        return 'drop';
      case 'pause':
        // What waits here does so because of our user, and no reading less would change that.
        if (session?.sender.needsDrain === true) session.receiver.penalise();
        return 'send';
      case 'disconnect':
        if (session === undefined)
          super.destroy(slowConsumer('hardBacklogBytes', settings.hardBacklogBytes, backlog));
        else session.endSlowConsumer();
        return 'closed';
    }
  }

  #enqueue(frame: AdmittedFrame, callback: WriteCallback | undefined): void {
    if (frame.fin) this.messagesSent += 1;
    if (this.session === undefined || this.writableLength > 0 || this.writableCorked > 0) {
      this.#queuedBytes += waitingBytes(frame);
    }
    super.write(frame, callback);
  }

  #refuse(done: WriteCallback | undefined, error: Error | null): false {
    if (done !== undefined) process.nextTick(() => this.#callBack(done, error));
    return false;
  }

  /** Waits with the callback of a write until the socket has taken it: large octets are not copied. */
  #settleWrite(done: WriteCallback, error: Error | null): void {
    if (error !== null) {
      this.#callBack(done, error instanceof WebSocketError ? error : this.closedError());
      return;
    }
    this.session!.sender.taken().then(
      () => this.#callBack(done, null),
      (reason: unknown) => this.#callBack(done, reason as Error),
    );
  }

  #callBack(done: WriteCallback, error: Error | null): void {
    try {
      done(error);
    } catch (thrown) {
      this.listenerOnError(thrown, 'write');
    }
  }

  /** Emits `drain` when it was the queue alone that kept the backlog up; of its own backlog the sender tells. */
  #drainIfDue(): void {
    if (this.#needsDrain && this.session?.sender.needsDrain !== true) this.emitDrain();
  }

  #sendDeferred(): void {
    this.#deferredBytes = 0;
    for (const frame of this.#deferred.splice(0)) this.sendFramed(frame);
  }

  /** Waits until Node's Writable holds nothing of ours any more. */
  #queueDrained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof WebSocketError ? error : this.closedError());
      };
      if (this.writableEnded) super.end(settle);
      else super.write(NOTHING, settle);
    });
  }
}
