import type { IncomingMessage, Server } from 'node:http';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import type { Handler } from '../connection/connection-events.js';
import { connectionSettings } from '../connection/connection-options.js';
import { findConnections } from '../connection/live-connections.js';
import type { MessageData, SendType } from '../connection/outgoing-message.js';
import type { PreparedMessage } from '../connection/prepared-message.js';
import { isDuplex } from '../connection/stream-claim.js';
import { InvalidOptionError, InvalidStateError } from '../errors.js';
import { GuardedEmitter } from '../guarded-emitter.js';
import type { Refusal as RefusalDetails } from '../handshake/handshake-response.js';
import { isWebSocketUpgrade } from '../handshake/server-handshake.js';
import { log } from '../logging.js';
import { Roster } from '../roster.js';
import { AddressPlaces } from './address-places.js';
import { Admission } from './admission.js';
import { broadcast, type BroadcastArguments, type BroadcastOptions } from './broadcast.js';
import {
  allClosed,
  drainConnections,
  drainSettings,
  type DrainOptions,
  type DrainSettings,
} from './drain.js';
import { HttpAttachment, type UpgradeTaker } from './http-attachment.js';
import { LivePath } from './live-path.js';
import { OpeningHandshakes } from './opening-handshakes.js';
import { OwnServer } from './own-server.js';
import { Refusal } from './refusal.js';
import {
  listenSettings,
  registrySettings,
  type ListenOptions,
  type RegistryOptions,
  type RegistrySettings,
} from './registry-options.js';
import type { WebSocketServer } from './websocket-server.js';

const DRAINING = new Refusal({ status: 503 }, 'the registry is draining');
const NOT_LIVE = new Refusal({ status: 404 }, 'the path is not live');
const TOO_MANY_CONNECTIONS = new Refusal({ status: 503 }, 'maxConnections is reached');
const TOO_MANY_HANDSHAKES = new Refusal({ status: 503 }, 'maxPendingHandshakes is reached');

/** Lists the events of a {@link ServerRegistry} with their arguments. */
export interface RegistryEvents {
  /** A server made by `listen` accepts connections. */
  listening: [];
  /** A connection was accepted; its `connect` follows. */
  connection: [connection: WebSocketServer, request: IncomingMessage];
  /** A request for a WebSocket was refused. */
  rejected: [request: IncomingMessage, status: number, reason: string];
  /** What came on a socket of a server made by `listen` was no HTTP. */
  clientError: [error: Error, socket: Duplex];
  /** Draining has begun: nothing is accepted any more. */
  drain: [];
  /** All connections are gone, and the servers let go. */
  close: [];
}

/**
 * Is the listening side: knows HTTP servers and their live paths, tests requests and upgrades them (websocket(n):
 * server, live, test, upgrade).
 */
export class ServerRegistry extends GuardedEmitter<RegistryEvents> {
  readonly #settings: RegistrySettings;
  readonly #admission: Admission;
  readonly #places: AddressPlaces;
  readonly #handshakes: OpeningHandshakes;
  readonly #servers = new Set<Server>();
  readonly #connections = new Roster<WebSocketServer>();
  readonly #taker: UpgradeTaker;
  /** Serves all connections: one closure for each would cost more than what it does. */
  readonly #forget: (this: Connection) => void;
  /** Made by `listen`; ends with the registry. */
  #ownServer: OwnServer | undefined;
  #drained: Promise<void> | undefined;

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
  constructor(options: RegistryOptions = {}) {
    super();
    this.#settings = registrySettings(options);
    this.#admission = new Admission(this.#settings);
    this.#places = new AddressPlaces(this.#settings.maxConnectionsPerAddress, this.#settings.clientAddress);
    this.#handshakes = new OpeningHandshakes(this.#settings, {
      accepted: (connection, request) => this.#handshakeOnAccepted(connection, request),
      rejected: (request, status, reason) => this.#reportRejected(request, status, reason),
    });
    const connections: Roster<Connection> = this.#connections;
    this.#forget = function () {
      connections.delete(this);
    };
    this.#taker = {
      handshakeTimeoutMs: this.#settings.handshakeTimeoutMs,
      maxWaitingSockets: this.#settings.maxWaitingSockets,
      take: (server, request, stream, head) => this.#take(server, request, stream, head),
      onNotLive: (request) => this.#reportRejected(request, NOT_LIVE.status, NOT_LIVE.reason),
    };
  }

  /**
   * Makes an HTTP server (HTTPS with `tls`) of its own, attaches to it and listens.
   * @returns the registry, once it listens; `address()` tells where.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; whatever Node says
   * when it cannot listen there.
   */
  static async listen(options: ListenOptions): Promise<ServerRegistry> {
    const { registry: own, tls, net } = listenSettings(options);
    const registry = new ServerRegistry(own);
    const server = new OwnServer(tls, (error, socket) => registry.emit('clientError', error, socket));
    registry.#ownServer = server;
    registry.attach(server.http);
    try {
      await server.listen(net);
    } catch (error) {
      HttpAttachment.remove(server.http, registry.#taker);
      throw error;
    }
    // Behind the await of whoever wants to listen for it.
    process.nextTick(() => registry.emit('listening'));
    return registry;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Address of the server made by `listen`, as `net.Server` tells it; null if there is none. */
  address(): AddressInfo | string | null {
    return this.#ownServer?.address ?? null;
  }

  /** Iterates over the open connections. */
  [Symbol.iterator](): IterableIterator<WebSocketServer> {
    return this.#connections[Symbol.iterator]();
  }

  /**
   * Makes an HTTP server known, for `live` and `test` (websocket(n): server). Its upgrades stay the caller's.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server; InvalidStateError
   * (`ERR_WS_INVALID_STATE`) once drained.
   */
  server(httpServer: Server): this {
    if (!((httpServer as unknown) instanceof HttpServer || (httpServer as unknown) instanceof HttpsServer))
      throw new InvalidOptionError('httpServer', httpServer, 'an http.Server or https.Server');
    if (this.#drained !== undefined) throw new InvalidStateError('the registry is closed');
    this.#servers.add(httpServer);
    return this;
  }

  /**
   * Makes an HTTP server known and takes its upgrades: tests, authorises and upgrades by itself. Paths that are not
   * live are left to other listeners for `upgrade`; without any, they get a 404, and an upgrade to anything else than
   * WebSocket goes back to the server as an ordinary request.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server; InvalidStateError
   * (`ERR_WS_INVALID_STATE`) once drained.
   */
  attach(httpServer: Server): this {
    this.server(httpServer);
    HttpAttachment.add(httpServer, this.#taker);
    return this;
  }

  /**
   * Accepts connections for a path (websocket(n): live). Of several that match, the first registered is taken.
   * A registry that never had a live path accepts every path.
   * @param httpServer - server it holds for. Default: every server of this registry.
   * @param path - glob for the raw path of the request.
   * @param handler - called with everything that happens on its connections. Default: that of the registry.
   * @param protocol - glob for the subprotocol. Default `*`.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be used, or a server not made known.
   */
  live(httpServer: Server, path: string, handler?: Handler, protocol?: string): LivePath;
  live(path: string, handler?: Handler, protocol?: string): LivePath;
  live(...args: unknown[]): LivePath {
    const isForOneServer = typeof args[0] === 'object' && typeof args[1] === 'string';
    const server = isForOneServer ? this.#known(args.shift()) : undefined;
    const [path, handler, protocol] = args as [string, Handler | undefined, string | undefined];
    const { connection } = this.#settings;
    const livePath = new LivePath({
      server,
      path,
      handler,
      protocol,
      settingsFor: (own) =>
        own === undefined ? connection : connectionSettings({ ...connection, handler: own }),
      remove: (own) => this.#admission.remove(own),
    });
    this.#admission.add(livePath);
    return livePath;
  }

  /**
   * Tells whether a request is a valid opening handshake for a live path, and may be accepted now (websocket(n):
   * test). Nothing is answered: if so, the socket waits for {@link ServerRegistry.upgrade} or
   * {@link ServerRegistry.reject}, up to the handshake's deadline (408), its errors caught; if not, it is still the
   * caller's to answer. `authorize` is not asked: that is up to the caller.
   * @param head - octets that came behind the request, as the event `upgrade` has them.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments of the wrong kind or a server not made known;
   * InvalidStateError (`ERR_WS_INVALID_STATE`) when this socket waits already, or is gone.
   */
  test(httpServer: Server, request: IncomingMessage, socket: Duplex, head?: Buffer): boolean {
    const server = this.#known(httpServer);
    if (!Array.isArray((request as Partial<IncomingMessage> | null | undefined)?.rawHeaders)) {
      throw new InvalidOptionError('request', request, 'an http.IncomingMessage');
    }
    if (!isDuplex(socket)) throw new InvalidOptionError('socket', socket, 'the socket of the request');
    if (head !== undefined && !Buffer.isBuffer(head)) throw new InvalidOptionError('head', head, 'a Buffer');
    const verdict = isWebSocketUpgrade(request) ? this.#admission.examine(server, request) : undefined;
    const why =
      verdict?.ok === true ? this.#overload(request, socket)?.reason : (verdict?.reason ?? NOT_LIVE.reason);
    if (why !== undefined) log('notice', 'not to be upgraded', { reason: why, url: request.url });
    else if (verdict?.ok === true) this.#handshakes.hold(request, socket, head, verdict);
    return why === undefined;
  }

  /**
   * Answers a tested request with 101 (websocket(n): upgrade).
   * @returns the connection, open; `connect` follows on the next tick.
   * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) for a socket that was not tested, or is gone by now.
   */
  upgrade(socket: Duplex): WebSocketServer {
    return this.#handshakes.accept(this.#handshakes.on(socket, 'upgrade'), undefined);
  }

  /**
   * Refuses a tested request and ends its socket.
   * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) as `upgrade`; InvalidOptionError (`ERR_WS_INVALID_OPTION`) for
   * a response that cannot be sent: the request waits on then.
   */
  reject(socket: Duplex, refusal: RefusalDetails): void {
    const pending = this.#handshakes.on(socket, 'reject');
    this.#handshakes.refuse(pending, new Refusal(refusal, 'refused by the caller'));
  }

  /** Finds open connections of this registry, as `Connection.find` does. */
  find(host?: string, port?: string | number): WebSocketServer[] {
    return findConnections(host, port, this.#connections);
  }

  /**
   * Sends one message to all open connections, framed once, and compressed once for all that agreed on the same.
   * @param options - `path`, a glob for theirs; `where`, a test of each; `except`, those left out.
   * @returns how many took it.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent.
   */
  broadcast(type: SendType, message: MessageData, options?: BroadcastOptions): number;
  broadcast(message: PreparedMessage, options?: BroadcastOptions): number;
  broadcast(...args: unknown[]): number {
    return broadcast(this.#connections, ...(args as BroadcastArguments));
  }

  /**
   * Accepts nothing any more, closes all connections, terminates at the deadline those that are left, and lets go
   * of the servers: the one made by `listen` is closed, others go on without us. A second call waits for the first.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    const settings = drainSettings(options);
    this.#drained ??= this.#drain(settings);
    return this.#drained;
  }

  /** Drains with 1001 and the default deadline. */
  close(): Promise<void> {
    return this.drain();
  }

  /** Does as {@link ServerRegistry.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  protected override listenerFailed(error: unknown, args: readonly unknown[]): void {
    if (args[0] instanceof Connection) args[0].listenerOnError(error, 'connection');
    else super.listenerFailed(error, args);
  }

  async #drain(settings: DrainSettings): Promise<void> {
    this.#ownServer?.stop();
    // From here on it counts as drained: the caller has it only after our first await.
    await Promise.resolve();
    this.emit('drain');
    this.#handshakes.refuseAll(DRAINING);
    const { streams } = this.#handshakes.refusals;
    await Promise.all([
      drainConnections(this.#connections, settings),
      allClosed(streams, settings.timeout, (stream) => stream.destroy()),
    ]);
    for (const server of this.#servers) HttpAttachment.remove(server, this.#taker);
    this.#servers.clear();
    if (this.#ownServer !== undefined) {
      // Those among them that came while others were waited for.
      for (const stream of streams) stream.destroy();
      await this.#ownServer.end();
    }
    this.emit('close');
  }

  #take(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    const verdict = this.#admission.examine(server, request);
    if (verdict === undefined) {
      if (server !== this.#ownServer?.http) return false;
      this.#handshakes.turnAway(request, stream, NOT_LIVE);
      return true;
    }
    const refusal = verdict.ok ? this.#overload(request, stream) : new Refusal(verdict, verdict.reason);
    if (refusal !== undefined) this.#handshakes.turnAway(request, stream, refusal);
    else if (verdict.ok) this.#handshakes.take(request, stream, head, verdict);
    return true;
  }

  /** Tells why one more is too much; if it is not, it has its place from here on. */
  #overload(request: IncomingMessage, stream: Duplex): Refusal | undefined {
    const { maxConnections, maxPendingHandshakes } = this.#settings;
    const pending = this.#handshakes.size;
    if (this.#drained !== undefined) return DRAINING;
    if (this.#connections.size + pending >= maxConnections) return TOO_MANY_CONNECTIONS;
    return pending >= maxPendingHandshakes ? TOO_MANY_HANDSHAKES : this.#places.take(request, stream);
  }

  #handshakeOnAccepted(connection: WebSocketServer, request: IncomingMessage): void {
    this.#connections.add(connection);
    connection.on('close', this.#forget);
    this.emit('connection', connection, request);
  }

  #reportRejected(request: IncomingMessage, status: number, reason: string): void {
    log('notice', 'opening handshake refused', { status, reason, url: request.url });
    this.emit('rejected', request, status, reason);
  }

  #known(httpServer: unknown): Server {
    if (this.#servers.has(httpServer as Server)) return httpServer as Server;
    throw new InvalidOptionError('httpServer', httpServer, 'a server made known by server() or attach()');
  }
}
