import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InvalidOptionError } from '../errors.js';
import type { Connection } from './connection.js';
import type { Handler } from './connection-events.js';

/** Maps what `conninfo` can be asked to its answer (websocket(n): conninfo). */
export interface ConnectionInfo {
  /** Name (preferred) or address of the remote end; empty when it has none. */
  peername: string;
  /** Address of the local end; empty when it has none. */
  sockname: string;
  /** The same as `sockname`. */
  name: string;
  closed: boolean;
  client: boolean;
  server: boolean;
  type: 'client' | 'server';
  handler: Handler | undefined;
  state: ConnectionState;
}

/** Names the states of websocket(n): conninfo. */
export type ConnectionState = 'CONNECTING' | 'CONNECTED' | 'CLOSED';

const ANSWERS: { readonly [K in keyof ConnectionInfo]: (connection: Connection) => ConnectionInfo[K] } = {
  peername: (connection) => connection.peername,
  sockname: (connection) => connection.sockname,
  name: (connection) => connection.sockname,
  closed: (connection) => connection.isClosed,
  client: (connection) => connection.isClient,
  server: (connection) => connection.isServer,
  type: (connection) => connection.role,
  handler: (connection) => connection.handler,
  state: (connection) => connection.state,
};

/**
 * Answers one question about a connection.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown key.
 */
export function answerConninfo<K extends keyof ConnectionInfo>(
  connection: Connection,
  what: K,
): ConnectionInfo[K] {
  if (!Object.hasOwn(ANSWERS, what)) {
    throw new InvalidOptionError('what', what, `one of ${Object.keys(ANSWERS).join(', ')}`);
  }
  return ANSWERS[what](connection);
}

/** Counts what went over a connection. */
export interface ConnectionCounters {
  /** Octets received behind the opening handshake. */
  readonly bytesReceived: number;
  /** Octets framed for sending. */
  readonly bytesSent: number;
  /** Messages (with `fragments: true`, pieces) delivered. */
  readonly messagesReceived: number;
  /** Messages handed in for sending and taken. */
  readonly messagesSent: number;
  /** Messages that `slowConsumer: 'drop'` dropped. */
  readonly messagesDropped: number;
  /** Received messages that nobody took before the end. */
  readonly messagesDiscarded: number;
  /** Pongs that a newer one made needless. */
  readonly pongsDropped: number;
}

/** Holds the two ends of a byte stream; ports are 0 where there is none. */
export interface Addresses {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
}

/** Stands for the ends of a stream that is not there yet. */
export const NO_ADDRESSES: Addresses = Object.freeze({
  remoteAddress: '',
  remotePort: 0,
  localAddress: '',
});

/** Is what has addresses: a socket, or a stream that shows those of the socket under it. */
type Addressed = Partial<Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress'>>;

/** Reads the addresses of a byte stream: its own, or those of the socket under an HTTP/2 stream. */
export function addressesOf(stream: Duplex): Addresses {
  const own = stream as Addressed;
  const socket =
    own.remoteAddress === undefined ? (stream as { session?: { socket?: Addressed } }).session?.socket : own;
  return {
    remoteAddress: plainAddress(socket?.remoteAddress),
    remotePort: socket?.remotePort ?? 0,
    localAddress: plainAddress(socket?.localAddress),
  };
}

/** Shows an IPv4-mapped IPv6 address as IPv4. */
function plainAddress(address: string | undefined): string {
  if (address?.startsWith(':') !== true) return address ?? '';
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
