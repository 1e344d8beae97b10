import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { log } from '../logging.js';
import { WaitingLine, type Waiting } from './waiting-line.js';

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

/** Marks a socket that had its first request. */
const MET = null;

type Mark = Waiting | typeof MET | undefined;

/** Says how long connections may wait for their first request, and how many at once. */
export interface FirstRequestLimits {
  /** Milliseconds; asked for at each accept. */
  readonly timeoutMs: number;
  /** Connections, Infinity for any number; asked for at each accept. */
  readonly maxWaiting: number;
}

/**
 * Bounds the time from accept to the first request on each connection of an HTTP server, and how many wait for it. What
 * happens later on a plain connection is none of its business.
 */
export class FirstRequestDeadline {
  readonly #server: Server;
  readonly #limits: FirstRequestLimits;
  readonly #line = new WaitingLine();
  /** Watches of TCP sockets that TLS sockets lie over, by the place of both. */
  readonly #places = new Map<string, Waiting>();
  /** On a socket: what watches it, or that it had its first request. A property, for a WeakMap costs more than that. */
  readonly #mark = Symbol('first request');
  readonly #isTls: boolean;
  /** Serves all sockets. */
  readonly #socketOnClose: (this: Socket) => void;

  constructor(server: Server, limits: FirstRequestLimits) {
    this.#server = server;
    this.#limits = limits;
    this.#isTls = server instanceof TlsServer;
    const end = (socket: Socket): void => this.#end(this.#markOf(socket));
    this.#socketOnClose = function () {
      end(this);
    };
  }

  /** Watches connections accepted from now on. */
  begin(): void {
    const server = this.#server;
    server.on('connection', this.#serverOnConnection);
    server.on('secureConnection', this.#serverOnSecureConnection);
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
    for (const waiting of this.#line) this.#end(waiting);
    this.#line.clear();
  }

  /** Learns of a request on a socket. */
  met(socket: Duplex): void {
    this.#end(this.#watchOf(socket, this.#placeOf(socket)));
    // The server may be given it anew.
    this.#setMark(socket, MET);
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
    if (this.#markOf(socket) === MET) return;
    const place = this.#placeOf(socket);
    // The place may be taken again by the next connection before the last one's 'close' is out.
    this.#end(this.#watchOf(socket, place));
    const waiting = this.#line.add(socket, place, this.#limits.timeoutMs);
    this.#setMark(socket, waiting);
    if (place !== undefined) this.#places.set(place, waiting);
    socket.on('close', this.#socketOnClose);
    if (this.#line.length <= this.#limits.maxWaiting) return;
    // A client that means it does not wait long: so it is not the newest that goes, nor is it kept out.
    log('notice', 'too many sockets without a request: one is dropped');
    const { first } = this.#line;
    this.#end(first);
    first!.socket.destroy();
  }

  /** Ends the wait of a socket, if it waits, and leaves nothing on it. */
  #end(mark: Mark): void {
    if (mark === undefined || mark === MET) return;
    const { socket, place } = mark;
    this.#line.remove(mark);
    socket.off('close', this.#socketOnClose);
    this.#setMark(socket, undefined);
    if (place !== undefined) this.#places.delete(place);
  }

  #watchOf(socket: Duplex, place: string | undefined): Mark {
    return place === undefined ? this.#markOf(socket) : this.#places.get(place);
  }

  #markOf(socket: object): Mark {
    return (socket as Record<symbol, Mark>)[this.#mark];
  }

  #setMark(socket: object, mark: Mark): void {
    (socket as Record<symbol, Mark>)[this.#mark] = mark;
  }

  /** Names a connection alike for its TCP socket and the TLS socket over it; undefined where that is one socket. */
  #placeOf(socket: Duplex): string | undefined {
    if (!this.#isTls) return undefined;
    const { remoteAddress, remotePort, localAddress, localPort } = socket as Socket;
    if (remotePort === undefined) return undefined;
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
