import { Socket } from 'node:net';
import { pingChannel } from '../diagnostics.js';
import { InvalidOptionError, InvalidStateError } from '../errors.js';
import { boolean, check, string } from '../options.js';
import { isSendableCloseCode, truncateReason } from '../protocol/close-frame.js';
import { ClosingState } from '../protocol/closing-state.js';
import { CloseCode, DEFAULT_REASONS, MAX_CONTROL_PAYLOAD, Opcode } from '../protocol/constants.js';
import type { ConnectionEvents, Handler } from './connection-events.js';
import {
  NO_ADDRESSES,
  addressesOf,
  answerConninfo,
  type Addresses,
  type ConnectionCounters,
  type ConnectionInfo,
  type ConnectionState,
} from './connection-info.js';
import type { ConnectionSettings } from './connection-options.js';
import { connectionReports, reportDisconnect, reportError, reportOpen } from './connection-reports.js';
import type { Outcome } from './ending.js';
import { HandlerCalls } from './handler-calls.js';
import { addLive, findConnections, removeLive } from './live-connections.js';
import { Undelivered } from './message-delivery.js';
import { byteLength, messageData, sendOpcode, type MessageData, type SendType } from './outgoing-message.js';
import type { OpenStream } from './open-stream.js';
import { PreparedMessage } from './prepared-message.js';
import type { Role } from './role.js';
import { Session, type SessionEvents } from './session.js';
import { claimStream } from './stream-claim.js';
import { StreamMark } from './stream-marks.js';
import { NO_TERMS, termsOf } from './terms.js';
import { WatchedStream } from './watched-stream.js';

export type { Role };

const FINAL = boolean(true);

/**
 * Is one WebSocket, seen from one end: a Duplex of messages (strings for text, Buffers for binary) that emits
 * typed events ({@link ConnectionEvents}). The two roles are WebSocketClient and WebSocketServer.
 */
export abstract class Connection extends WatchedStream {
  /** @internal */
  readonly calls: HandlerCalls | undefined;

  /** Read when they are asked for, and at the latest before the stream forgets them. */
  #addresses: Addresses | undefined;
  #terms = NO_TERMS;

  /** @internal */
  constructor(settings: ConnectionSettings) {
    super(settings);
    if (settings.handler === undefined) return;
    this.calls = new HandlerCalls(
      this,
      settings.handler,
      settings.handlerConcurrency,
      (isBusy) => this.handlerOnBusy(isBusy),
      (error) => this.listenerOnError(error, 'handler'),
    );
  }

  /**
   * Finds live connections of this process by their remote end (websocket(n): find).
   * @param host - glob for the remote name or address. Default `*`.
   * @param port - glob for the remote port, or a number. Default `*`.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for globs that are no strings.
   */
  static find(host?: string, port?: string | number): Connection[] {
    return findConnections(host, port);
  }

  /** Whether this is the client's end. */
  get isClient(): boolean {
    return this.role === 'client';
  }

  /** Whether this is the server's end. */
  get isServer(): boolean {
    return this.role === 'server';
  }

  /** @internal */
  get sessionEvents(): SessionEvents<Connection> {
    return connectionReports;
  }

  /** Handler given at construction (websocket(n): Callbacks). */
  get handler(): Handler | undefined {
    return this.settings.handler;
  }

  /** `CLOSED` from the moment closing begins. */
  get state(): ConnectionState {
    if (this.session === undefined && !this.destroyed) return 'CONNECTING';
    return this.isClosingOrClosed ? 'CLOSED' : 'CONNECTED';
  }

  /** The standard's four states: 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): 0 | 1 | 2 | 3 {
    if (this.destroyed || this.session?.isOver === true) return 3;
    if (this.session === undefined) return 0;
    return this.isClosingOrClosed ? 2 : 1;
  }

  /** Whether closing has begun or is over. */
  get isClosed(): boolean {
    return this.state === 'CLOSED';
  }

  /** Name of the remote end: the URL's host in clients; empty in servers unless `lookupPeerName` gave one. */
  get remoteName(): string {
    return this.#terms.remoteName;
  }

  /**
   * Address of the remote end; empty when it has none (a Unix socket, a stream in memory), and when the peer reset the
   * connection before anybody asked.
   */
  get remoteAddress(): string {
    return this.streamEnds.remoteAddress;
  }

  /** Port of the remote end; 0 when {@link Connection.remoteAddress} is empty. */
  get remotePort(): number {
    return this.streamEnds.remotePort;
  }

  /** Name (preferred) or address of the remote end. */
  get peername(): string {
    return this.remoteName === '' ? this.streamEnds.remoteAddress : this.remoteName;
  }

  /** Address of the local end; empty when it has none, and when the connection broke off before anybody asked. */
  get sockname(): string {
    return this.streamEnds.localAddress;
  }

  /** Subprotocol in force; empty if none. */
  get protocol(): string {
    return this.#terms.protocol;
  }

  /** Extensions in force; empty if none. */
  get extensions(): string {
    return this.#terms.extensions;
  }

  /** Path of the request, raw and undecoded, without the query. */
  get path(): string {
    return this.#terms.path;
  }

  /** Query of the request, without `?`. */
  get query(): string {
    return this.#terms.query;
  }

  /** Octets framed for sending so far. */
  get bytesSent(): number {
    return this.session?.bytesSent ?? 0;
  }

  /** Octets received so far, behind the opening handshake. */
  get bytesReceived(): number {
    return this.session?.bytesReceived ?? 0;
  }

  /** Whether nothing is read for now because of us: paused, or nobody takes the messages. */
  get isReadingPaused(): boolean {
    return this.session?.busyReceiver?.isPaused === true;
  }

  /** Counts what went over this connection so far. */
  get counters(): ConnectionCounters {
    return {
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      messagesReceived: this.session?.delivered ?? 0,
      messagesSent: this.messagesSent,
      messagesDropped: this.messagesDropped,
      messagesDiscarded: this.session?.busyReceiver?.discarded ?? 0,
      pongsDropped: this.session?.pongsDropped ?? 0,
    };
  }

  /**
   * Sends a message, a fragment of one, or a control frame (websocket(n): send).
   * @param type - `text`, `binary`, `ping` or `pong` in any letter case, or opcode 1, 2, 9 or 10.
   * @param message - strings go as UTF-8, octets as they are; may be left out for pings and pongs. Octets must not
   * be changed until {@link Connection.flushed}.
   * @param final - `false` for a fragment that others of the same type follow.
   * A {@link PreparedMessage} goes by itself, behind a message in fragments that is not finished.
   * @returns octets of header and payload as framed; -1 once closing or closed; 0 when `slowConsumer: 'drop'`
   * dropped it.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent, InvalidStateError
   * (`ERR_WS_INVALID_STATE`) while CONNECTING and when fragments change type. Nothing is sent then.
   */
  send(type: SendType, message?: MessageData, final?: boolean): number;
  send(message: PreparedMessage): number;
  send(type: SendType | PreparedMessage, message?: MessageData, final = true): number {
    if (type instanceof PreparedMessage) return this.session ? this.sendPrepared(type) : this.cannotSend();
    const opcode = sendOpcode(type);
    if (typeof final !== 'boolean') check('final', FINAL, final);
    const size = opcode === Opcode.BINARY && final ? this.sendBriefly(message) : 0;
    if (size > 0) return size;
    if (opcode >= Opcode.CLOSE) return this.sendControl(opcode, message ?? '', final);
    const data = messageData(message);
    const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return this.cannotSend();
    return this.sendData(opcode, data, final);
  }

  /**
   * Sends a ping.
   * @param data - its payload, at most 125 octets. Default empty.
   * @returns octets as framed; -1 once closing or closed.
   * @throws as {@link Connection.send}.
   */
  override ping(data: MessageData = ''): number {
    return this.sendControl(Opcode.PING, data, true);
  }

  /**
   * Starts the closing handshake behind all that was sent (websocket(n): close). Does nothing once closing.
   * While CONNECTING, gives the opening handshake up.
   * @param code - 1000–1003, 1007–1014 or 3000–4999; 1005 sends an empty Close; 1006 and 1015 send none, drop the
   * connection at once and are reported locally. Default 1000.
   * @param reason - cut to 123 octets at a character. Default: that of the code.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a code that may not be sent.
   */
  close(code: number = CloseCode.NORMAL_CLOSURE, reason?: string): void {
    const isLocal = code === CloseCode.ABNORMAL_CLOSURE || code === CloseCode.TLS_HANDSHAKE;
    if (!isLocal && code !== CloseCode.NO_STATUS_RECEIVED && !isSendableCloseCode(code)) {
      throw new InvalidOptionError(
        'code',
        code,
        'a code that may be sent: 1000-1003, 1005-1015 but not 1004, 3000-4999',
      );
    }
    const text = truncateReason(check('reason', string(DEFAULT_REASONS[code] ?? ''), reason));
    if (this.session === undefined) this.destroy();
    else if (isLocal) this.session.drop(code, text);
    else if (!this.isClosingOrClosed) {
      if (this.isAnnounced) {
        this.session.beginClosing(code, text);
        this.closeWritable();
      } else {
        this.endEarly(code, text);
      }
    }
  }

  /** Ends the connection at once and sends nothing; `close` follows with 1006. */
  terminate(): void {
    if (this.session === undefined) this.destroy();
    else this.session.terminate();
  }

  /**
   * Answers one question about this connection (websocket(n): conninfo).
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown key.
   */
  conninfo<K extends keyof ConnectionInfo>(what: K): ConnectionInfo[K] {
    return answerConninfo(this, what);
  }

  /** Is called when the peer shows no life. @internal */
  keepaliveOnTimeout(): void {
    this.session?.endSilentPeer();
  }

  /** Takes a byte stream: from now on messages can be sent. @internal */
  protected attach({ stream, details, deflate }: OpenStream, remoteName = ''): void {
    claimStream(stream);
    this.#terms = termsOf(details, remoteName);
    // Of a socket they are asked for when needed: the answer would take 100 octets of each idle connection.
    if (!(stream instanceof Socket)) this.#addresses = addressesOf(stream);
    this.adopt(new Session<Connection>(this, stream, deflate));
    addLive(this);
    this.startHeartbeat();
  }

  /** Learns that the stream, and what it knows of its ends, will soon be gone. @internal */
  keepAddresses(): void {
    if (this.session !== undefined) this.#addresses ??= addressesOf(this.session.stream);
  }

  private get streamEnds(): Addresses {
    this.keepAddresses();
    return this.#addresses ?? NO_ADDRESSES;
  }

  /** Emits `connect`, then begins to deliver and to read. @internal */
  announce({ details, head, reading }: OpenStream): void {
    const session = this.session!;
    if (session.state === ClosingState.OPEN) {
      this.releaseHeld();
      this.marks |= StreamMark.ANNOUNCED;
      reportOpen(this);
      this.emit('connect', details);
      this.calls?.connect(details);
      // An `end` from before closes only now.
      this.releaseHeld();
    }
    this.consume();
    session.start(head, reading);
  }

  /** Takes this connection out of all that is process-wide. @internal */
  forget(): void {
    removeLive(this);
    this.stopHeartbeat();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.forget();
    super._destroy(error, callback);
  }

  /** @internal */
  protected override reportDisconnect(outcome: Outcome): void {
    reportDisconnect(this, outcome);
  }

  /** @internal */
  protected override reportError(error: Error): boolean {
    return reportError(this, error, this.session !== undefined);
  }

  /** @internal */
  protected override endForListener(error: Error): void {
    if (this.destroyed || this.session === undefined) return;
    this.session.fail(error);
    this.session.receiver.dropUndelivered();
    // The listener may have kept others from hearing of the end, those of ours among them.
    if (this.session.isOver) this.destroy();
  }

  private sendControl(opcode: number, message: MessageData, final: boolean): number {
    const data = messageData(message);
    if (!final) throw new InvalidOptionError('final', final, 'true: control frames are never fragmented');
    const length = byteLength(data);
    if (length > MAX_CONTROL_PAYLOAD) {
      throw new InvalidOptionError(
        'message',
        message,
        `at most ${String(MAX_CONTROL_PAYLOAD)} octets in a control frame`,
      );
    }
    const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return this.cannotSend();
    if (opcode === Opcode.PING) {
      this.heartbeat.pinged(data);
      if (pingChannel.hasSubscribers)
        pingChannel.publish({ connection: this, payload: data, origin: 'local' });
    }
    return session.sender.sendControl(opcode, data);
  }

  private cannotSend(): -1 {
    if (this.state !== 'CONNECTING') return -1;
    throw new InvalidStateError(
      'send: the connection is CONNECTING; wait for connect, or use write, which waits by itself',
    );
  }

  private handlerOnBusy(isBusy: boolean): void {
    if (isBusy) this.session?.receiver.holdDelivery(Undelivered.HANDLER_BUSY);
    else this.session?.releaseDelivery(Undelivered.HANDLER_BUSY);
  }
}

/* Typed as the events of ConnectionEvents, and as a stream of messages; the methods are Node's own. */
export interface Connection {
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<string | Buffer>;
  on<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
  once<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
  off<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): this;
  addListener<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): this;
  removeListener<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): this;
  prependListener<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): this;
  prependOnceListener<E extends keyof ConnectionEvents>(
    event: E,
    listener: (...args: ConnectionEvents[E]) => void,
  ): this;
}
