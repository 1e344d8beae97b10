import { captureRejectionSymbol } from 'node:events';
import { Duplex } from 'node:stream';
import { errorChannel } from '../diagnostics.js';
import { ConnectionClosedError, InvalidStateError } from '../errors.js';
import { log } from '../logging.js';
import { maySend } from '../protocol/closing-state.js';
import { CloseCode, DEFAULT_REASONS, Opcode } from '../protocol/constants.js';
import type { Connection } from './connection.js';
import type { ConnectionSettings } from './connection-options.js';
import type { HandlerCalls } from './handler-calls.js';
import {
  OutgoingMessage,
  byteLength,
  messageData,
  waitingBytes,
  type AdmittedFrame,
} from './outgoing-message.js';
import { Undelivered } from './receiver.js';
import type { Session } from './session.js';

/** Says how much a stream's reader wants: nothing as long as nobody uses the connection as a stream. */
const Demand = { NONE: 0, WANTED: 1, FULL: 2 } as const;
type Demand = (typeof Demand)[keyof typeof Demand];

/** Events whose first listener shows that somebody consumes messages. */
const CONSUMING: ReadonlySet<string | symbol> = new Set([
  'text',
  'binary',
  'message',
  'fragment',
  'data',
  'readable',
]);

/** Is a write or an end that waits for the opening handshake. */
interface Held {
  readonly run: () => void;
  readonly fail: (error: Error) => void;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * Is the stream side of a connection: a Duplex with one chunk per message over a {@link Session}, whose listeners
 * cannot harm anything but their own connection.
 */
export abstract class MessageStream extends Duplex {
  /** @internal */
  protected readonly settings: ConnectionSettings;
  /** Undefined while CONNECTING. @internal */
  protected session: Session<Connection> | undefined;
  /** @internal */
  protected calls: HandlerCalls | undefined;
  /** @internal */
  protected messagesSent = 0;
  /** @internal */
  protected messagesDropped = 0;

  readonly #outgoing = new OutgoingMessage();
  /** Broadcast frames that came while a fragmented message was under way. */
  #deferred: Buffer[] = [];
  #demand: Demand = Demand.NONE;
  #held: Held | undefined;
  #pausedEarly = false;
  /** Octets of the messages that Node's Writable holds for us: while connecting or corked. */
  #queuedBytes = 0;

  /** @internal */
  constructor(settings: ConnectionSettings) {
    super({
      allowHalfOpen: false,
      autoDestroy: false,
      emitClose: false,
      decodeStrings: false,
      readableObjectMode: true,
      writableObjectMode: true,
      captureRejections: true,
    } as ConstructorParameters<typeof Duplex>[0]);
    this.settings = settings;
    if (settings.handler === undefined) this.on('newListener', streamOnNewListener);
  }

  /** Octets handed in for sending that the socket has not taken yet. */
  get bufferedAmount(): number {
    return this.#queuedBytes + (this.session?.sender.backlog ?? 0);
  }

  /**
   * Sends one message: a string as text, octets as binary.
   * @param chunk - the message; octets must not be changed until `callback`.
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
    const data = messageData(chunk, 'chunk');
    if (this.#outgoing.isOpen) throw new InvalidStateError('write: a fragmented message is not finished');
    if (this.isClosingOrClosed) {
      if (done !== undefined) process.nextTick(done, this.closedError());
      return false;
    }
    const verdict = this.#judgeBacklog(true);
    if (verdict !== 'send') {
      if (done !== undefined) process.nextTick(done, verdict === 'drop' ? null : this.closedError());
      return false;
    }
    const opcode = typeof data === 'string' ? Opcode.TEXT : Opcode.BINARY;
    const belowHighWaterMark = this.#enqueue(this.#outgoing.admit(opcode, data, true), done);
    return belowHighWaterMark && this.session?.sender.needsDrain !== true;
  }

  /** Sends a last message, if any, and starts the closing handshake with 1000; `finish` follows once all is taken. */
  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding: BufferEncoding | undefined, callback?: () => void): this;
  override end(...args: unknown[]): this {
    const callback = args.find((arg): arg is () => void => typeof arg === 'function');
    const chunk = args[0];
    if (chunk !== undefined && chunk !== null && chunk !== callback) this.write(chunk);
    this.session?.beginClosing(CloseCode.NORMAL_CLOSURE, DEFAULT_REASONS[CloseCode.NORMAL_CLOSURE]!);
    return super.end(callback);
  }

  /** Stops delivery and pauses the socket. */
  override pause(): this {
    this.#pausedEarly = true;
    this.session?.receiver.pause();
    return super.pause();
  }

  override resume(): this {
    this.#pausedEarly = false;
    this.session?.receiver.resume();
    return super.resume();
  }

  override read(size?: number): unknown {
    // Somebody who reads by hand does not mean an earlier pause any more.
    if (size !== 0) this.session?.receiver.resume();
    return super.read(size);
  }

  /**
   * Ends the connection: with a Close 1001 (1011 with an error) while open, as far as the socket takes it at
   * once. `close` follows.
   */
  override destroy(error?: Error): this {
    if (!this.destroyed)
      this.session?.leave(error === undefined ? CloseCode.GOING_AWAY : CloseCode.INTERNAL_ERROR);
    return super.destroy(error);
  }

  /**
   * Emits, but never throws once the connection was open: an `error` that nobody listens to is logged, a listener
   * that throws fails this connection with 1011.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error') return this.#emitError(args[0] as Error);
    try {
      return super.emit(event, ...args);
    } catch (error) {
      this.listenerOnError(error, event);
      return true;
    }
  }

  /** Does for asynchronous listeners what {@link MessageStream.emit} does for others. */
  override [captureRejectionSymbol](error: unknown, event: string | symbol): void {
    this.listenerOnError(error, event);
  }

  /** @internal */
  override _read(): void {
    this.#demand = Demand.WANTED;
    this.session?.receiver.delivery.release(Undelivered.NO_CONSUMER | Undelivered.STREAM_FULL);
  }

  /** @internal */
  override _write(frame: AdmittedFrame, encoding: BufferEncoding, callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined) {
      this.#held = { run: () => this._write(frame, encoding, callback), fail: callback };
      return;
    }
    if (frame !== NOTHING) {
      if (this.#queuedBytes > 0) this.#queuedBytes -= waitingBytes(frame);
      if (frame.framed === undefined) session.sender.sendFrame(frame);
      else session.sender.sendFramed(frame.framed);
    }
    callback();
  }

  /** @internal */
  override _final(callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined) {
      this.#held = { run: () => this._final(callback), fail: callback };
      return;
    }
    session.beginClosing(CloseCode.NORMAL_CLOSURE, DEFAULT_REASONS[CloseCode.NORMAL_CLOSURE]!);
    session.writeClose();
    session.sender.taken().then(() => callback(), callback);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: WriteCallback): void {
    process.nextTick(() => {
      const held = this.#held;
      this.#held = undefined;
      this.#queuedBytes = 0;
      held?.fail(error ?? this.closedError());
      const { code, reason, wasClean } = this.session?.outcome ?? NEVER_OPEN;
      if (this.session !== undefined) {
        this.emit('disconnect', code, reason, wasClean);
        this.calls?.notify('disconnect', { code, reason, wasClean });
      }
      callback(error);
      process.nextTick(() => this.emit('close', code, reason));
    });
  }

  /** Tells whether nothing can be sent any more. @internal */
  protected get isClosingOrClosed(): boolean {
    return this.session === undefined ? this.destroyed || this.writableEnded : !maySend(this.session.state);
  }

  /** @internal */
  protected closedError(): ConnectionClosedError {
    return this.session?.closedError() ?? new ConnectionClosedError(NEVER_OPEN.code, undefined, '', false);
  }

  /** Sends a frame of a data message behind all that was handed in before. @internal */
  protected sendData(opcode: number, data: string | Buffer, final: boolean): number {
    const session = this.session!;
    const verdict = this.#judgeBacklog(final);
    if (verdict !== 'send') return verdict === 'drop' ? 0 : -1;
    const frame = this.#outgoing.admit(opcode, data, final);
    let size: number;
    if (this.writableLength === 0 && this.writableCorked === 0) {
      if (final) this.messagesSent += 1;
      size = session.sender.sendFrame(frame);
    } else {
      this.#enqueue(frame, undefined);
      size = session.sender.sizeOf(byteLength(frame.data));
    }
    if (final && this.#deferred.length > 0) this.#sendDeferred();
    return size;
  }

  #sendDeferred(): void {
    for (const frame of this.#deferred.splice(0)) {
      this.#queuedBytes -= frame.length;
      this.sendFramed(frame);
    }
  }

  /**
   * Sends a message that was framed elsewhere, for many connections of the server role.
   * @returns its octets; -1 when it cannot be sent, 0 when it was dropped.
   * @internal
   */
  sendFramed(frame: Buffer): number {
    const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return -1;
    const verdict = this.#judgeBacklog(true);
    if (verdict !== 'send') return verdict === 'drop' ? 0 : -1;
    if (this.#outgoing.isOpen) {
      // It must not fall between the fragments of a message (RFC 6455 §5.4).
      this.#deferred.push(frame);
      this.#queuedBytes += frame.length;
    } else if (this.writableLength > 0 || this.writableCorked > 0) {
      this.#enqueue({ opcode: 0, fin: true, data: '', framed: frame }, undefined);
    } else {
      this.messagesSent += 1;
      session.sender.sendFramed(frame);
    }
    return frame.length;
  }

  /** Hands a message to whoever reads the stream. @internal */
  protected pushMessage(message: string | Buffer): void {
    if (this.#demand === Demand.NONE || this.push(message)) return;
    this.#demand = Demand.FULL;
    this.session!.receiver.delivery.hold(Undelivered.STREAM_FULL);
  }

  /** Takes up a session, with what was asked of the stream before. @internal */
  protected adopt(session: Session<Connection>): void {
    this.session = session;
    if (this.#pausedEarly) session.receiver.pause();
    if (this.settings.handler !== undefined) return;
    const isConsumed =
      this.#demand !== Demand.NONE || [...CONSUMING].some((event) => this.listenerCount(event) > 0);
    if (isConsumed) this.consume();
  }

  /** Learns that somebody consumes messages. @internal */
  consume(): void {
    if (this.session === undefined) return;
    this.off('newListener', streamOnNewListener);
    this.session.receiver.delivery.release(Undelivered.NO_CONSUMER);
  }

  /** Waits until Node's Writable holds nothing of ours any more. @internal */
  protected queueDrained(): Promise<void> {
    return new Promise((resolve, reject) => {
      super.write(NOTHING, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }

  /** Ends the writable side, so that our Close answers the peer's behind what is queued. @internal */
  protected endAsAnswer(): void {
    super.end();
  }

  /** Runs what waited for the opening handshake. @internal */
  protected releaseHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.run();
  }

  /** Ends the stream after its session, once what was received is delivered. @internal */
  protected endAfterSession(): void {
    if (this.destroyed) return;
    const session = this.session!;
    const { wasClean } = session.outcome;
    const { HANDLER_BUSY, PAUSED, STREAM_FULL } = Undelivered;
    session.receiver.settle(wasClean ? HANDLER_BUSY | PAUSED | STREAM_FULL : HANDLER_BUSY, () => {
      if (!wasClean) {
        super.destroy(session.closedError());
        return;
      }
      this.push(null);
      if (this.#demand === Demand.NONE || this.readableEnded) super.destroy();
      else this.once('end', () => super.destroy());
    });
  }

  /** Contains what a listener or the handler threw: only this connection suffers. @internal */
  listenerOnError(error: unknown, where: string | symbol): void {
    log('error', 'a listener threw', { event: String(where), err: error });
    const failure =
      error instanceof Error ? error : new Error(`a listener threw ${String(error)}`, { cause: error });
    this.session?.fail(failure);
  }

  static {
    // Declared as a property, so that it cannot be overridden as the accessor it is.
    Object.defineProperty(this.prototype, 'writableNeedDrain', {
      configurable: true,
      get(this: MessageStream): boolean {
        const isQueueFull = Reflect.get(Duplex.prototype, 'writableNeedDrain', this) as boolean;
        return isQueueFull || this.session?.sender.needsDrain === true;
      },
    });
  }

  #emitError(error: Error): boolean {
    if (errorChannel.hasSubscribers) errorChannel.publish({ connection: this, error });
    this.calls?.notify('error', error);
    if (this.listenerCount('error') === 0) {
      if (this.calls !== undefined) return true;
      if (this.session !== undefined) {
        const level = error instanceof ConnectionClosedError ? 'warn' : 'error';
        log(level, 'an error that nobody listens to', { err: error });
        return false;
      }
      return super.emit('error', error);
    }
    try {
      return super.emit('error', error);
    } catch (thrown) {
      this.listenerOnError(thrown, 'error');
      return true;
    }
  }

  /** Applies the slow-consumer policy to the next message, or the next fragment of one. */
  #judgeBacklog(final: boolean): 'send' | 'drop' | 'closed' {
    const session = this.session;
    if (this.#outgoing.isSkipping) {
      this.#outgoing.skip(final);
      return 'drop';
    }
    const isOver =
      session === undefined
        ? this.#queuedBytes >= this.settings.hardBacklogBytes
        : session.sender.isOverHard(this.#queuedBytes);
    if (!isOver) return 'send';
    switch (this.settings.slowConsumer) {
      case 'drop':
        if (this.#outgoing.isOpen) return 'send';
        this.#outgoing.skip(final);
        this.messagesDropped += 1;
        return 'drop';
      case 'pause':
        session?.receiver.penalise();
        return 'send';
      case 'disconnect':
        if (session === undefined) super.destroy(this.closedError());
        else session.endSlowConsumer();
        return 'closed';
    }
  }

  #enqueue(frame: AdmittedFrame, callback: WriteCallback | undefined): boolean {
    if (frame.fin) this.messagesSent += 1;
    if (this.session === undefined || this.writableLength > 0 || this.writableCorked > 0) {
      this.#queuedBytes += waitingBytes(frame);
    }
    return super.write(frame, callback);
  }
}

/** Goes through the queue and leaves no trace: it marks a place in it. */
const NOTHING: AdmittedFrame = Object.freeze({ opcode: 0, fin: true, data: '' });

const NEVER_OPEN = { code: CloseCode.ABNORMAL_CLOSURE, reason: '', wasClean: false } as const;

/** Begins delivery in the next microtask after the first consumer came. */
function streamOnNewListener(this: MessageStream, event: string | symbol): void {
  if (CONSUMING.has(event)) queueMicrotask(() => this.consume());
}
