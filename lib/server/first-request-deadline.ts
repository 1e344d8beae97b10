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

/** On a socket: the deadline that it has met. A property, for a WeakSet costs more than all else here. */
const MET = Symbol('first request');

interface Met extends Duplex {
  [MET]?: FirstRequestDeadline;
}

/**
 * Bounds the time from accept to the first request on each connection of an HTTP server. What happens later on a
 * plain connection is none of its business.
 */
export class FirstRequestDeadline {
  readonly #server: Server;
  readonly #timeoutMs: () => number;
  readonly #watches = new Map<unknown, Watch>();
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
    for (const watch of this.#watches.values()) watch.end();
  }

  /** Learns of a request on a socket. */
  met(socket: Duplex): void {
    // The server may be given it anew.
    (socket as Met)[MET] = this;
    this.#watches.get(this.#placeOf(socket))?.end();
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
    if ((socket as Met)[MET] === this) return;
    const place = this.#placeOf(socket);
    // The place may be taken again by the next connection before the last one's 'close' is out.
    this.#watches.get(place)?.end();
    this.#watches.set(place, new Watch(socket, this.#timeoutMs(), this.#watches, place));
  }

  /** Names a connection alike for its TCP socket and the TLS socket over it. */
  #placeOf(socket: Duplex): unknown {
    if (!this.#isTls) return socket;
    const { remoteAddress, remotePort, localAddress, localPort } = socket as Socket;
    if (remotePort === undefined) return socket;
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

/** Destroys a socket when its time is up, and leaves nothing on it when it is not. */
class Watch {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #watches: Map<unknown, Watch>;
  readonly #place: unknown;

  /** @param watches - it is taken out of there at the end: by {@link Watch.end}, or when the socket is gone. */
  constructor(socket: Socket, timeoutMs: number, watches: Map<unknown, Watch>, place: unknown) {
    this.#socket = socket;
    this.#watches = watches;
    this.#place = place;
    this.#timer = setTimeout(destroy, timeoutMs, socket);
    socket.on('close', this.#socketOnClose);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#socket.off('close', this.#socketOnClose);
    this.#watches.delete(this.#place);
  }

  readonly #socketOnClose = (): void => this.end();
}

function destroy(socket: Socket): void {
  socket.destroy();
}
