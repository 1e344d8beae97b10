import type { Duplex } from 'node:stream';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError, WebSocketError } from '../errors.js';
import { maySend } from '../protocol/closing-state.js';
import { CloseCode, Opcode } from '../protocol/constants.js';
import type { Connection } from './connection.js';
import type { ConnectionSettings } from './connection-options.js';
import { HeldOutput } from './held-output.js';
import { MessageSource, isPieces, type MessagePieces } from './message-source.js';
import { byteLength, checkUtf8, sendOpcode, type AdmittedFrame, type SendType } from './outgoing-message.js';
import type { PreparedMessage } from './prepared-message.js';
import { CLOSE, NORMAL, NOTHING } from './queue-marks.js';
import { slowConsumer, type Sender } from './sender.js';
import type { Session } from './session.js';
import { WatchedWritable } from './watched-writable.js';

export type WriteCallback = (error?: Error | null) => void;

/** Is what goes through the queue: a frame, or a message whose frames are still to be made. */
type Queued = AdmittedFrame | MessageSource;

/**
 * Is what a connection is to send, in the order it was handed in, under the slow-consumer policy; and our Close behind
 * it. As long as nothing has to wait it is sent at once; else Node's Writable is the queue.
 */
export abstract class OutgoingQueue extends WatchedWritable {
  /** @internal */
  readonly settings: ConnectionSettings;
  /** Undefined while CONNECTING. @internal */
  protected session: Session<Connection> | undefined;
  /** @internal */
  protected messagesSent = 0;

  /** Made when something is first held. */
  #knownHeld: HeldOutput | undefined;

  /** @internal */
  constructor(settings: ConnectionSettings) {
    super({
      allowHalfOpen: true,
      autoDestroy: false,
      emitClose: false,
      decodeStrings: false,
      readableObjectMode: true,
      // Messages have no bound on their length but a great one: those that wait do so in the inbox, by octets.
      readableHighWaterMark: 1,
      writableObjectMode: true,
      captureRejections: true,
    } as ConstructorParameters<typeof Duplex>[0]);
    this.settings = settings;
  }

  /** Octets handed in for sending that the socket has not taken yet. */
  get bufferedAmount(): number {
    return this.heldBytes() + (this.session?.backlog ?? 0);
  }

  /**
   * Waits until all that was sent so far has been handed to the socket's kernel side.
   * @throws ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends first.
   */
  flushed(): Promise<void> {
    return tolerated(this.awaitFlushed());
  }

  /** @internal */
  override _write(queued: Queued, encoding: BufferEncoding, callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined) {
      this.heldOutput().call = { run: () => this._write(queued, encoding, callback), fail: callback };
      return;
    }
    if (queued === CLOSE) session.writeClose();
    else if (queued !== NOTHING) {
      const { sender } = session;
      if (queued instanceof MessageSource) return void this.sendSource(session, queued, callback);
      const bytes = this.isQueueCounted() ? byteLength(queued.data) : 0;
      if (sender.isSlow(queued)) return void this.sendSlowly(session, queued, bytes, callback);
      if (bytes > 0) this.heldOutput().queuedBytes -= bytes;
      if (queued.prepared === undefined) sender.sendFrame(queued);
      else sender.sendPrepared(queued.prepared);
    }
    callback();
    if (!this.isQueueCounted()) this.queueOnEmpty();
  }

  /** @internal */
  override _final(callback: WriteCallback): void {
    const session = this.session;
    if (session === undefined || !this.isAnnounced) {
      this.heldOutput().call = { run: () => this._final(callback), fail: callback };
      return;
    }
    const { code, reason } = this.#knownHeld?.close ?? NORMAL;
    session.beginClosing(code, reason);
    session.writeClose();
    const finish = (): void => {
      if (session.isOver ? session.outcome.wasClean : session.hasSentClose) callback();
    };
    // At an unclean end there is nothing to finish: it takes this stream with it.
    session.taken().then(finish, finish);
  }

  /** Tells whether nothing can be sent any more. @internal */
  protected get isClosingOrClosed(): boolean {
    return this.isEnded || (this.session === undefined ? this.destroyed : !maySend(this.session.state));
  }

  /** @internal */
  protected get messagesDropped(): number {
    return this.#knownHeld?.dropped ?? 0;
  }

  /** Notes that the slow-consumer policy dropped a message. @internal */
  protected countDropped(): void {
    this.heldOutput().dropped += 1;
  }

  /** Ends the writable side before `connect`: our Close follows then, if it is the first one. @internal */
  protected endEarly(code: number, reason: string): void {
    this.heldOutput().close = { code, reason };
    super.end();
  }

  /** Whether a message in fragments is not finished. @internal */
  protected get isInsideMessage(): boolean {
    return this.#knownHeld !== undefined && !this.#knownHeld.fragmented.isIdle;
  }

  /** @internal */
  protected closedError(): ConnectionClosedError {
    return (
      this.session?.closedError() ??
      new ConnectionClosedError(CloseCode.ABNORMAL_CLOSURE, undefined, '', false)
    );
  }

  /** Learns that no message waits in the queue any more. @internal */
  protected abstract queueOnEmpty(): void;

  /** Gives the sender if it takes a whole message right away, as it is. @internal */
  protected freeSender(): Sender | undefined {
    // hot path: benchmarks/micro/sender
    if (this.session === undefined || !this.isQueueEmpty || this.isInsideMessage) return undefined;
    const { sender } = this.session;
    return sender.isPlain && sender.backlog < this.settings.hardBacklogBytes ? sender : undefined;
  }

  /** Sends a frame of a data message behind all that was handed in before. @internal */
  protected sendData(opcode: number, data: string | Buffer, final: boolean): number {
    // hot path: benchmarks/micro/sender
    const free = final ? this.freeSender() : undefined;
    if (free !== undefined) {
      if (opcode === Opcode.TEXT) checkUtf8(data);
      this.messagesSent += 1;
      return free.sendPlain(opcode, data);
    }
    const outgoing = this.heldOutput().fragmented;
    if (outgoing.isSkipping) {
      outgoing.skip(final);
      return 0;
    }
    const verdict = this.applyPolicy();
    if (verdict === 'closed') return -1;
    // A message that was begun is not cut short.
    if (verdict === 'drop' && !outgoing.isOpen) {
      outgoing.skip(final);
      this.countDropped();
      return 0;
    }
    const frame = outgoing.admit(opcode, data, final);
    const sender = this.session!.sender;
    let size: number;
    if (this.isQueueEmpty && !sender.isSlow(frame)) {
      if (final) this.messagesSent += 1;
      size = sender.sendFrame(frame);
    } else {
      this.enqueueFrame(frame, undefined);
      size = sender.sizeOf(byteLength(frame.data));
    }
    if (final && this.heldOutput().deferredBytes > 0) this.sendDeferred();
    return size;
  }

  /**
   * Sends a whole message that others get too.
   * @param isAlone - whether no other is expected in this turn: it need not wait for its end.
   * @param wasTaken - whether it was taken before, so that no policy can drop it any more.
   * @returns its octets, as `send` tells them; -1 when it cannot be sent, 0 when it was dropped.
   * @internal
   */
  sendPrepared(message: PreparedMessage, isAlone = false, wasTaken = false): number {
    // hot path: benchmarks/micro/sender
    const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return -1;
    const isBetween = this.#knownHeld?.fragmented.isOpen === true;
    const size = this.isQueueEmpty && !isBetween ? session.sendLightly(message, isAlone) : 0;
    if (size > 0) {
      this.messagesSent += 1;
      return size;
    }
    const verdict = wasTaken ? 'send' : this.applyPolicy();
    if (verdict === 'drop') this.countDropped();
    if (verdict !== 'send') return verdict === 'drop' ? 0 : -1;
    const { sender } = session;
    if (isBetween) {
      // It must not fall between the fragments of a message (RFC 6455 §5.4).
      this.heldOutput().defer(message);
    } else if (this.isQueueEmpty && !sender.isSlow(message.admitted)) {
      this.messagesSent += 1;
      return sender.sendPrepared(message);
    } else {
      this.enqueueFrame(message.admitted, undefined);
    }
    return sender.sizeOf(message.byteLength);
  }

  /** Puts a whole message into the queue, to which it may not stick for long. @internal */
  protected enqueueMessage(data: string | Buffer, callback: WriteCallback | undefined): void {
    const opcode = typeof data === 'string' ? Opcode.TEXT : Opcode.BINARY;
    if (opcode === Opcode.TEXT) checkUtf8(data);
    this.enqueueFrame({ opcode, fin: true, data }, callback);
  }

  /**
   * Sends one message from a source, as fragments (RFC 6455 §5.4), in its place behind all that was sent before; what
   * is sent meanwhile goes behind it, pings and pongs between its fragments. At the soft limit no piece is asked for until
   * the socket has taken all, so that a message of any size needs little memory. Nobody may change octets handed over.
   * @param type - `text` or `binary`, in any letter case, or opcode 1 or 2.
   * @param pieces - strings or octets: a Readable, a ReadableStream, an async generator, an array.
   * @returns octets of all its frames, once the last was framed; 0 when `slowConsumer: 'drop'` dropped it.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments of the wrong kind and InvalidStateError
   * (`ERR_WS_INVALID_STATE`) between the fragments of another message, at the call. Rejects with
   * ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends or the peer closes first, else with
   * what the source threw; the connection is then failed with 1011 if the message had begun, and goes on if not.
   */
  sendFragments(type: SendType, pieces: MessagePieces): Promise<number> {
    const opcode = sendOpcode(type);
    if (opcode >= Opcode.CLOSE) throw new InvalidOptionError('type', type, "'text' or 'binary'");
    if (!isPieces(pieces)) {
      const hint = 'to send a message that is there: send(type, message)';
      throw new InvalidOptionError('pieces', pieces, 'an iterable or async iterable of messages', hint);
    }
    if (this.isInsideMessage) {
      throw new InvalidStateError('sendFragments: a fragmented message is not finished');
    }
    const source = new MessageSource(opcode, pieces, this.settings.softBacklogBytes);
    const verdict = this.isClosingOrClosed ? 'closed' : this.applyPolicy();
    if (verdict === 'closed') source.cancel(this.closedError());
    else if (verdict === 'drop') {
      this.countDropped();
      source.drop();
    } else {
      this.messagesSent += 1;
      super.write(source, (error?: Error | null) => {
        if (error !== undefined && error !== null) source.cancel(this.closedError());
      });
    }
    return tolerated(source.sent);
  }

  /** Gives up the message whose pieces are being sent: nobody takes them. @internal */
  cancelSource(): void {
    this.#knownHeld?.source?.cancel(this.closedError());
  }

  /** Puts our Close into the queue, which goes on behind it. @internal */
  protected enqueueClose(): void {
    super.write(CLOSE);
  }

  /** Runs what waited for the opening handshake. @internal */
  protected releaseHeld(): void {
    this.#knownHeld?.takeCall()?.run();
  }

  /** Fails what waits: for the opening handshake, or to be compressed, or for its pieces. @internal */
  protected failHeld(cause: Error | null): void {
    const held = this.#knownHeld;
    if (held === undefined) return;
    const error = cause ?? this.closedError();
    const call = held.takeCall();
    held.queuedBytes = 0;
    this.cancelSource();
    held.takeCompressing()?.(error);
    call?.fail(error);
  }

  /** Applies the slow-consumer policy to the next message, or the next fragment of one. @internal */
  protected applyPolicy(): 'send' | 'drop' | 'closed' {
    // hot path: benchmarks/micro/sender
    const { session, settings } = this;
    const backlog = this.heldBytes() + (session === undefined ? 0 : session.backlog);
    if (backlog < settings.hardBacklogBytes) return 'send';
    switch (settings.slowConsumer) {
      case 'drop':
        return 'drop';
      case 'pause':
        // What waits here does so because of our user, and no reading less would change that.
        if (session?.needsDrain === true) session.receiver.penalise();
        return 'send';
      case 'disconnect':
        if (session === undefined)
          super.destroy(slowConsumer('hardBacklogBytes', settings.hardBacklogBytes, backlog));
        else session.endSlowConsumer();
        return 'closed';
    }
  }

  private heldOutput(): HeldOutput {
    return (this.#knownHeld ??= new HeldOutput());
  }

  /** Octets that wait here: in the queue, and for the end of a message in fragments. */
  private heldBytes(): number {
    return this.#knownHeld === undefined ? 0 : this.#knownHeld.byteLength;
  }

  /** Whether messages wait in the queue. */
  private isQueueCounted(): boolean {
    return this.#knownHeld !== undefined && this.#knownHeld.queuedBytes > 0;
  }

  private enqueueFrame(frame: AdmittedFrame, callback: WriteCallback | undefined): void {
    if (frame.fin) this.messagesSent += 1;
    if (this.session === undefined || !this.isQueueEmpty || this.session.sender.isSlow(frame)) {
      this.heldOutput().queuedBytes += byteLength(frame.data);
    }
    super.write(frame, callback);
  }

  /** Sends a frame that takes a while to compress; the queue waits. */
  private async sendSlowly(
    session: Session<Connection>,
    frame: AdmittedFrame,
    bytes: number,
    callback: WriteCallback,
  ): Promise<void> {
    // If the connection ends first, its end fails this.
    const held = this.heldOutput();
    held.compressing = callback;
    try {
      await session.sender.sendSlowly(frame);
    } catch (error) {
      session.fail(error as Error);
      return;
    }
    if (session.isOver || held.takeCompressing() === undefined) return;
    held.queuedBytes -= bytes;
    callback();
    if (!this.isQueueCounted()) this.queueOnEmpty();
  }

  private async sendSource(
    session: Session<Connection>,
    source: MessageSource,
    callback: WriteCallback,
  ): Promise<void> {
    this.heldOutput().source = source;
    if (session.closedBy === 'remote') this.cancelSource();
    // A connection that failed has sent its Close, and nothing follows it.
    const error = await source.sendTo(session, () => {
      if (session.hasSentClose) this.cancelSource();
    });
    this.heldOutput().source = undefined;
    // Half a message was sent, and nothing can take it back.
    if (error !== undefined && source.isUnfinished) session.fail(error);
    callback();
    this.queueOnEmpty();
  }

  private sendDeferred(): void {
    for (const message of this.heldOutput().takeDeferred()) this.sendPrepared(message, false, true);
  }

  private async awaitFlushed(): Promise<void> {
    if (this.destroyed) throw this.closedError();
    if (this.session === undefined || this.writableLength > 0) await this.awaitQueueDrained();
    await this.session!.taken();
  }

  /** Waits until Node's Writable holds nothing of ours any more. */
  private awaitQueueDrained(): Promise<void> {
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

/** Keeps the process alive when a peer makes a promise fail that nobody waits for. */
function tolerated<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
