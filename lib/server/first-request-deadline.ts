import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

/**
 * Events by which an HTTP server hands out a request, besides `upgrade`. Node does something by itself when nobody
 * listens for one of them, so we listen only where somebody else does.
 */
const REQUEST_EVENTS: ReadonlySet<string | symbol> = new Set([
  'request',
  'checkContinue',
  'checkExpectation',
  'connect',
]);

/**
 * Bounds the time from accept to the first request on each connection of an HTTP server. What happens later on a
 * plain connection is none of its business.
 */
export class FirstRequestDeadline {
  readonly #server: Server;
  readonly #timeoutMs: () => number;
  readonly #timers = new Map<unknown, NodeJS.Timeout>();
  /** Sockets that had their first request; the server may be given them anew. */
  readonly #known = new WeakSet<Duplex>();
  readonly #isTls: boolean;

  /** @param timeoutMs - is asked at each accept. */
  constructor(server: Server, timeoutMs: () => number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#isTls = server instanceof TlsServer;
  }

  /** Watches connections accepted from now on. */
  begin(): void {
    const server = this.#server;
    server.on('connection', this.#serverOnConnection);
    if (this.#isTls) server.on('secureConnection', this.#serverOnSecureConnection);
    server.on('newListener', this.#follow);
    server.on('removeListener', this.#unfollow);
    for (const event of REQUEST_EVENTS) if (server.listenerCount(event) > 0) this.#follow(event);
  }

  /** Watches no more. */
  end(): void {
    const server = this.#server;
    server.off('newListener', this.#follow);
    server.off('removeListener', this.#unfollow);
    server.off('connection', this.#serverOnConnection);
    server.off('secureConnection', this.#serverOnSecureConnection);
    for (const event of REQUEST_EVENTS) server.off(event, this.#serverOnRequest);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Learns of a request on a socket. */
  met(socket: Duplex): void {
    this.#known.add(socket);
    const place = this.#placeOf(socket);
    clearTimeout(this.#timers.get(place));
    this.#timers.delete(place);
  }

  readonly #serverOnConnection = (socket: Socket): void => {
    // Without addresses (a Unix socket) there is no telling which TLS socket comes to lie over this one.
    if (!this.#isTls || socket.remotePort !== undefined) this.#watch(socket);
  };

  readonly #serverOnSecureConnection = (socket: Socket): void => {
    if (socket.remotePort === undefined) this.#watch(socket);
  };

  readonly #serverOnRequest = ({ socket }: { readonly socket: Duplex }): void => this.met(socket);

  #watch(socket: Socket): void {
    if (this.#known.has(socket)) return;
    const place = this.#placeOf(socket);
    const stop = (): void => {
      clearTimeout(timer);
      // A place may be taken again by the next connection before this one's 'close' is out.
      if (this.#timers.get(place) === timer) this.#timers.delete(place);
    };
    const timer = setTimeout(() => {
      stop();
      socket.destroy();
    }, this.#timeoutMs());
    clearTimeout(this.#timers.get(place));
    this.#timers.set(place, timer);
    socket.once('close', stop);
  }

  /** Names a connection alike for its TCP socket and the TLS socket over it. */
  #placeOf(socket: Duplex): unknown {
    const { remoteAddress, remotePort, localAddress, localPort } = socket as Socket;
    if (!this.#isTls || remotePort === undefined) return socket;
    return [remoteAddress, remotePort, localAddress, localPort].join(' ');
  }

  /** Listens for a request event as somebody else begins to. */
  readonly #follow = (event: string | symbol, listener?: unknown): void => {
    if (!REQUEST_EVENTS.has(event) || listener === this.#serverOnRequest) return;
    if (!this.#server.listeners(event).includes(this.#serverOnRequest))
      this.#server.on(event, this.#serverOnRequest);
  };

  /** Listens no more for a request event once nobody else does. */
  readonly #unfollow = (event: string | symbol): void => {
    if (!REQUEST_EVENTS.has(event)) return;
    if (this.#server.listeners(event).every((listener) => listener === this.#serverOnRequest))
      this.#server.off(event, this.#serverOnRequest);
  };
}
