import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { rejectResponse } from '../handshake/handshake-response.js';
import { log } from '../logging.js';
import { Roster } from '../roster.js';
import { LastResponses } from './last-response.js';

/** Statuses that tell what was wrong with a request that is no HTTP; 400 for everything else. */
const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Is an HTTP or HTTPS server that speaks nothing but WebSocket, and ends with its registry. */
export class OwnServer {
  readonly http: Server;
  /** Those that TLS is, or may come to be, spoken over. Of all others Node knows. */
  readonly #sockets = new Roster<Socket>();
  /** Serves all sockets. */
  readonly #socketOnClose: (this: Socket) => void;
  readonly #errorResponses = new LastResponses();
  readonly #onClientError: (error: Error, socket: Duplex) => void;
  #closed: Promise<void> | undefined;

  /**
   * @param tls - options of `tls.createServer`; undefined: plain HTTP.
   * @param onClientError - is told when what comes is no HTTP, or no TLS.
   * @throws whatever Node says of the TLS options.
   */
  constructor(tls: TlsOptions | undefined, onClientError: (error: Error, socket: Duplex) => void) {
    this.#onClientError = onClientError;
    const sockets = this.#sockets;
    this.#socketOnClose = function () {
      sockets.delete(this);
    };
    this.http =
      tls === undefined ? createServer(answerPlainRequest) : createSecureServer(tls, answerPlainRequest);
    if (tls !== undefined) this.http.on('connection', (socket: Socket) => this.#serverOnConnection(socket));
    this.http.on('clientError', (error: Error, socket: Duplex) => this.#serverOnClientError(error, socket));
  }

  /** Address it listens on, as `net.Server` tells it. */
  get address(): AddressInfo | string | null {
    return this.http.address();
  }

  /** @throws whatever Node says when it cannot listen there. */
  async listen(options: ListenOptions): Promise<void> {
    const listening = once(this.http, 'listening');
    this.http.listen(options);
    await listening;
    // Such as EMFILE at accept: the next connection may find a descriptor again.
    this.http.on('error', (error) => log('error', 'the listening server failed', { err: error }));
  }

  /** Accepts no further connections; those that are there may go on. */
  stop(): void {
    this.#closed ??= new Promise((resolve) => this.http.close(() => resolve()));
  }

  /** Destroys what connections are left, but for those that were upgraded, and waits until the server is closed. */
  async end(): Promise<void> {
    this.stop();
    this.http.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    for (const stream of this.#errorResponses.streams) stream.destroy();
    await this.#closed;
  }

  #serverOnConnection(socket: Socket): void {
    // A request that was handed back brings its socket again.
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.on('close', this.#socketOnClose);
  }

  #serverOnClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
    log('notice', 'what came is no HTTP', { err: error });
    const code = String(error.code);
    // Nobody is there to read an answer when the socket or its TLS has failed.
    if (socket.writable && /^(?:HPE_|ERR_HTTP_)/.test(code))
      this.#errorResponses.send(socket, rejectResponse({ status: STATUS_OF_ERROR[code] ?? 400 }));
    else socket.destroy();
    this.#onClientError(error, socket);
  }
}

/** Answers a request that asks for no upgrade (RFC 7231 §6.5.15). */
function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    Connection: 'close, Upgrade',
    Upgrade: 'websocket',
    'Content-Type': 'text/plain; charset=utf-8',
  });
  response.end('This server speaks WebSocket only.\n');
}
