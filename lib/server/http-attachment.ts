import { Server, type IncomingMessage } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isWebSocketUpgrade } from '../handshake/server-handshake.js';
import { rejectResponse } from '../handshake/handshake-response.js';
import { endStream } from './upgrade-guard.js';

/** Takes requests for an upgrade; implemented by the registry. */
export interface UpgradeTaker {
  readonly handshakeTimeoutMs: number;
  /** Takes a request, if its path is live here; answers it then, sooner or later. */
  take(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): boolean;
  /** Learns that nobody took a request, and that it was answered with 404. */
  onNotLive(request: IncomingMessage): void;
}

/** One attachment per HTTP server, shared by all registries on it. */
const attachments = new WeakMap<Server, HttpAttachment>();

/**
 * Listens for upgrades on an HTTP server, as a good neighbour: what no registry takes is left to other listeners,
 * and handed back or answered only when there are none.
 */
export class HttpAttachment {
  readonly #server: Server;
  readonly #takers = new Set<UpgradeTaker>();
  readonly #waiting = new Map<unknown, NodeJS.Timeout>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Lets a registry take upgrades of an HTTP server; a second time changes nothing. */
  static add(server: Server, taker: UpgradeTaker): void {
    let attachment = attachments.get(server);
    if (attachment === undefined) {
      attachment = new HttpAttachment(server);
      attachments.set(server, attachment);
    }
    if (attachment.#takers.size === 0) attachment.#listen();
    attachment.#takers.add(taker);
  }

  /** Takes a registry off an HTTP server. */
  static remove(server: Server, taker: UpgradeTaker): void {
    const attachment = attachments.get(server);
    if (attachment === undefined || !attachment.#takers.delete(taker)) return;
    if (attachment.#takers.size === 0) attachment.#unlisten();
  }

  #listen(): void {
    this.#server.on('upgrade', this.#serverOnUpgrade);
    this.#server.on('connection', this.#serverOnConnection);
    if (this.#server instanceof HttpsServer) this.#server.on('secureConnection', this.#serverOnConnection);
    this.#server.on('request', this.#serverOnRequest);
  }

  #unlisten(): void {
    this.#server.off('upgrade', this.#serverOnUpgrade);
    this.#server.off('connection', this.#serverOnConnection);
    this.#server.off('secureConnection', this.#serverOnConnection);
    this.#server.off('request', this.#serverOnRequest);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /** Bounds the time from accept to the first request; what happens later on a plain connection is not ours. */
  readonly #serverOnConnection = (socket: Socket): void => {
    const place = placeOf(socket);
    const timeoutMs = Math.min(...[...this.#takers].map((taker) => taker.handshakeTimeoutMs));
    this.#stopWaiting(place);
    this.#waiting.set(
      place,
      setTimeout(() => {
        this.#waiting.delete(place);
        socket.destroy();
      }, timeoutMs),
    );
    socket.once('close', () => this.#stopWaiting(place));
  };

  readonly #serverOnRequest = (request: IncomingMessage): void => {
    this.#stopWaiting(placeOf(request.socket));
  };

  readonly #serverOnUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    this.#stopWaiting(placeOf(request.socket));
    const isOnlyListener = this.#server.listenerCount('upgrade') === 1;
    if (!isWebSocketUpgrade(request)) {
      if (isOnlyListener) handBack(this.#server, request, stream, head);
      return;
    }
    for (const taker of this.#takers) {
      if (taker.take(this.#server, request, stream, head)) return;
    }
    if (!isOnlyListener) return;
    endStream(stream, rejectResponse({ status: 404 }));
    for (const taker of this.#takers) taker.onNotLive(request);
  };

  #stopWaiting(place: unknown): void {
    clearTimeout(this.#waiting.get(place));
    this.#waiting.delete(place);
  }
}

/** Names a TCP connection alike for the socket and the TLS socket over it. */
function placeOf(socket: Socket): unknown {
  const { remoteAddress, remotePort, localPort } = socket;
  return remotePort === undefined
    ? socket
    : `${String(remoteAddress)} ${String(remotePort)} ${String(localPort)}`;
}

/**
 * Hands an upgrade that is not to a WebSocket back to the HTTP server as an ordinary request: the request is put in
 * front of the stream again without its Upgrade, and the stream is accepted anew.
 */
function handBack(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (/^(?:upgrade|http2-settings)$/i.test(name)) continue;
    text += `${name}: ${/^connection$/i.test(name) ? withoutUpgrade(value) : value}\r\n`;
  }
  if (head.length > 0) stream.unshift(head);
  stream.unshift(Buffer.from(`${text}\r\n`, 'latin1'));
  server.emit(server instanceof HttpsServer ? 'secureConnection' : 'connection', stream);
}

function withoutUpgrade(connection: string): string {
  const kept = connection.split(',').filter((token) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(token));
  return kept.length === 0 ? 'keep-alive' : kept.join(',');
}
