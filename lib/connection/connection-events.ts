import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { MessageFragment } from '../protocol/fragment-decoder.js';
import type { Connection } from './connection.js';

/** Describes a finished opening handshake; empty strings where there was none (a stream taken over). */
export interface ConnectDetails {
  /** Subprotocol in force; empty if none. */
  readonly protocol: string;
  /** Extensions in force, as in `Sec-WebSocket-Extensions`; empty if none. */
  readonly extensions: string;
  /** Path of the request, raw and undecoded, without the query. */
  readonly path: string;
  /** Query of the request without `?`; empty if none. */
  readonly query: string;
  /** Header fields of the other side: the request's in servers, the response's in clients. */
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** Tells which side began something. */
export type Origin = 'local' | 'remote';

/** Names the deadline that passed. */
export type TimeoutKind = 'open' | 'keepalive' | 'close';

/** Lists the events of a {@link Connection} with their arguments, those of Node's streams among them. */
export interface ConnectionEvents {
  /** The opening handshake is done; nothing was delivered before. */
  connect: [details: ConnectDetails];
  /** A complete text message. */
  text: [text: string];
  /** With `textAs: 'buffer'`, in place of `text`: the octets of a complete text message, which were checked. */
  utf8: [octets: Buffer];
  /** A complete binary message. */
  binary: [data: Buffer];
  /** A complete message of either kind. */
  message: [data: string | Buffer, isBinary: boolean];
  /** With `fragments: true`: a piece of a message; the message events then do not fire. */
  fragment: [fragment: MessageFragment];
  /** A ping; the library has answered it. */
  ping: [payload: Buffer];
  /** A pong, asked for or not. */
  pong: [payload: Buffer];
  /** The closing handshake has begun, or the end was decided. */
  closing: [code: number, reason: string, origin: Origin];
  /** The connection is gone: the code received, 1005 if the peer's Close was empty, 1006 if there was none. */
  disconnect: [code: number, reason: string, wasClean: boolean];
  /** A deadline passed. */
  timeout: [kind: TimeoutKind];
  /** Comes last, exactly once. */
  close: [code: number, reason: string];
  error: [error: Error];
  data: [message: string | Buffer];
  drain: [];
  end: [];
  finish: [];
  prefinish: [];
  pause: [];
  resume: [];
  readable: [];
  pipe: [source: Readable];
  unpipe: [source: Readable];
  newListener: [event: string | symbol, listener: (...args: unknown[]) => void];
  removeListener: [event: string | symbol, listener: (...args: unknown[]) => void];
}

/** Maps each type a {@link Handler} is called with to its message. */
export interface HandlerMessages {
  text: string;
  /** With `textAs: 'buffer'`, in place of `text`. */
  utf8: Buffer;
  binary: Buffer;
  /** With `fragments: true`, in place of `text` and `binary`. */
  fragment: MessageFragment;
  ping: Buffer;
  pong: Buffer;
  connect: ConnectDetails;
  /** Our event `disconnect`. */
  disconnect: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
  /** Our event `closing`: the closing is pending. */
  close: { readonly code: number; readonly reason: string; readonly origin: Origin };
  timeout: TimeoutKind;
  error: Error;
}

/** Is what a {@link Handler} is called with: narrowing `type` narrows `message`. */
export type HandlerArguments = {
  [T in keyof HandlerMessages]: [connection: Connection, type: T, message: HandlerMessages[T]];
}[keyof HandlerMessages];

/**
 * Is called with everything that happens on a connection (websocket(n): Callbacks). A promise it returns for a
 * message is awaited before the next one; the one for `connect` holds back all messages.
 */
export type Handler = (...args: HandlerArguments) => void | Promise<void>;
