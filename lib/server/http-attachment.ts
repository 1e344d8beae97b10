import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { rejectResponse } from '../handshake/handshake-response.js';
import { isWebSocketUpgrade } from '../handshake/server-handshake.js';
import { FirstRequestDeadline } from './first-request-deadline.js';
import { handBack } from './hand-back.js';
import { endWithResponse } from './last-response.js';

/** Takes requests for an upgrade; implemented by the registry. */
export interface UpgradeTaker {
  readonly handshakeTimeoutMs: number;
  readonly maxWaitingSockets: number;
  /** Takes a request, if its path is live here; answers it then, sooner or later. */
  take(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): boolean;
  /** Learns that nobody took a request, and that it was answered with 404. */
  onNotLive(request: IncomingMessage): void;
}

type ShouldUpgrade = (request: IncomingMessage) => boolean;

/** Is a server that decides for each request whether it is an upgrade: Node 22.21, 24.9 and later. */
interface AskingServer {
  shouldUpgradeCallback?: ShouldUpgrade;
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
  readonly #deadline: FirstRequestDeadline;
  /** The shortest and the least of all takers. */
  readonly #limits = { timeoutMs: Infinity, maxWaiting: Infinity };
  #asked: ShouldUpgrade | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.#deadline = new FirstRequestDeadline(server, this.#limits);
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
    attachment.#measureLimits();
  }

  /** Takes a registry off an HTTP server. */
  static remove(server: Server, taker: UpgradeTaker): void {
    const attachment = attachments.get(server);
    if (attachment === undefined || !attachment.#takers.delete(taker)) return;
    attachment.#measureLimits();
    if (attachment.#takers.size === 0) attachment.#unlisten();
  }

  #measureLimits(): void {
    const takers = [...this.#takers];
    this.#limits.timeoutMs = Math.min(...takers.map(({ handshakeTimeoutMs }) => handshakeTimeoutMs));
    this.#limits.maxWaiting = Math.min(...takers.map(({ maxWaitingSockets }) => maxWaitingSockets));
  }

  #listen(): void {
    this.#server.on('upgrade', this.#serverOnUpgrade);
    this.#deadline.begin();
    const server = this.#server as AskingServer;
    if (typeof server.shouldUpgradeCallback !== 'function') return;
    this.#asked = server.shouldUpgradeCallback;
    server.shouldUpgradeCallback = this.#serverOnAsked;
  }

  #unlisten(): void {
    this.#server.off('upgrade', this.#serverOnUpgrade);
    this.#deadline.end();
    const server = this.#server as AskingServer;
    if (this.#asked !== undefined && server.shouldUpgradeCallback === this.#serverOnAsked) {
      server.shouldUpgradeCallback = this.#asked;
    }
  }

  /** Keeps what is no WebSocket an ordinary request, on a server that asks; elsewhere it is handed back. */
  readonly #serverOnAsked = (request: IncomingMessage): boolean => {
    const isForOthers = this.#server.listenerCount('upgrade') > 1;
    if (!isForOthers && !isWebSocketUpgrade(request)) return false;
    return this.#asked!.call(this.#server, request);
  };

  readonly #serverOnUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    this.#deadline.met(request.socket);
    const isOnlyListener = this.#server.listenerCount('upgrade') === 1;
    if (!isWebSocketUpgrade(request)) {
      if (isOnlyListener) handBack(this.#server, request, stream, head);
      return;
    }
    for (const taker of this.#takers) {
      if (taker.take(this.#server, request, stream, head)) return;
    }
    if (!isOnlyListener) return;
    endWithResponse(stream, rejectResponse({ status: 404 }));
    for (const taker of this.#takers) taker.onNotLive(request);
  };
}
