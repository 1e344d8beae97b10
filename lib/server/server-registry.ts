import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import type { Handler } from '../connection/connection-events.js';
import { connectionSettings, type ConnectionSettings } from '../connection/connection-options.js';
import { findConnections } from '../connection/live-connections.js';
import type { MessageData, SendType } from '../connection/outgoing-message.js';
import { isDuplex } from '../connection/stream-claim.js';
import { InvalidOptionError, InvalidStateError } from '../errors.js';
import { GuardedEmitter } from '../guarded-emitter.js';
import {
  acceptResponse,
  rejectResponse,
  type Refusal as RefusalDetails,
} from '../handshake/handshake-response.js';
import { isWebSocketUpgrade } from '../handshake/server-handshake.js';
import { validateSelection } from '../handshake/subprotocol.js';
import { log } from '../logging.js';
import { Admission, type Admitted } from './admission.js';
import { broadcast, type BroadcastOptions } from './broadcast.js';
import { drainConnections, drainSettings, type DrainOptions } from './drain.js';
import { HttpAttachment, type UpgradeTaker } from './http-attachment.js';
import { LivePath } from './live-path.js';
import { PendingUpgrade } from './pending-upgrade.js';
import { Refusal } from './refusal.js';
import {
  listenSettings,
  registrySettings,
  type ListenOptions,
  type RegistryOptions,
  type RegistrySettings,
} from './registry-options.js';
import { endStream } from './upgrade-guard.js';
import { WebSocketServer } from './websocket-server.js';

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
  readonly #servers = new Set<Server>();
  /** Servers made by `listen`, which end with the registry. */
  readonly #ownServers = new Set<Server>();
  readonly #pending = new Map<Duplex, PendingUpgrade>();
  readonly #connections = new Set<WebSocketServer>();
  readonly #connectionSettings = new Map<Handler | undefined, ConnectionSettings>();
  readonly #taker: UpgradeTaker;
  #drained: Promise<void> | undefined;

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
  constructor(options: RegistryOptions = {}) {
    super();
    this.#settings = registrySettings(options);
    this.#admission = new Admission(this.#settings);
    this.#settingsFor(undefined);
    this.#taker = {
      handshakeTimeoutMs: this.#settings.handshakeTimeoutMs,
      take: (server, request, stream, head) => this.#take(server, request, stream, head),
      onNotLive: (request) => this.#reportRejected(request, 404, 'the path is not live'),
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
    const server =
      tls === undefined ? createServer(answerPlainRequest) : createSecureServer(tls, answerPlainRequest);
    server.on('clientError', (error: Error, socket: Duplex) => registry.#serverOnClientError(error, socket));
    registry.attach(server as Server);
    registry.#ownServers.add(server as Server);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(net, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      HttpAttachment.remove(server as Server, registry.#taker);
      throw error;
    }
    server.on('error', (error) => log('error', 'the listening server failed', { err: error }));
    registry.emit('listening');
    return registry;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Address of the server made by `listen`, as `net.Server` tells it; null if there is none. */
  address(): AddressInfo | string | null {
    const [server] = this.#ownServers;
    return server?.address() ?? null;
  }

  /** Iterates over the open connections. */
  [Symbol.iterator](): IterableIterator<WebSocketServer> {
    return this.#connections.values();
  }

  /**
   * Makes an HTTP server known, for `live` and `test` (websocket(n): server). Its upgrades stay the caller's.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server.
   */
  server(httpServer: Server): this {
    if (!isHttpServer(httpServer))
      throw new InvalidOptionError('httpServer', httpServer, 'an http.Server or https.Server');
    if (this.#drained !== undefined) throw new InvalidStateError('the registry is closed');
    this.#servers.add(httpServer);
    return this;
  }

  /**
   * Makes an HTTP server known and takes its upgrades: tests, authorises and upgrades by itself. Paths that are not
   * live are left to other listeners for `upgrade`; without any, they get a 404.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no HTTP server.
   */
  attach(httpServer: Server): this {
    this.server(httpServer);
    HttpAttachment.add(httpServer, this.#taker);
    return this;
  }

  /**
   * Accepts connections for a path (websocket(n): live). Of several that match, the first registered is taken.
   * @param httpServer - server it holds for. Default: every server of this registry.
   * @param path - glob for the raw path of the request.
   * @param handler - called with everything that happens on its connections. Default: that of the registry.
   * @param protocol - glob for the subprotocol. Default `*`.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be used, or a server not made known.
   */
  live(httpServer: Server, path: string, handler?: Handler, protocol?: string): LivePath;
  live(path: string, handler?: Handler, protocol?: string): LivePath;
  live(...args: unknown[]): LivePath {
    const server = typeof args[0] === 'object' ? this.#known(args.shift()) : undefined;
    const [path, handler, protocol] = args as [string, Handler | undefined, string | undefined];
    const livePath = new LivePath(server, path, handler, protocol, (own) => this.#admission.remove(own));
    this.#settingsFor(handler);
    this.#admission.add(livePath);
    return livePath;
  }

  /**
   * Tells whether a request is a valid opening handshake for a live path (websocket(n): test). Nothing is answered:
   * the socket waits for {@link ServerRegistry.upgrade} or {@link ServerRegistry.reject}, up to the handshake's
   * deadline; its errors are caught meanwhile.
   * @param head - octets that came behind the request, as the event `upgrade` has them.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments of the wrong kind or a server not made known;
   * InvalidStateError (`ERR_WS_INVALID_STATE`) when this socket waits already.
   */
  test(httpServer: Server, request: IncomingMessage, socket: Duplex, head?: Buffer): boolean {
    const server = this.#known(httpServer);
    if (!Array.isArray((request as Partial<IncomingMessage> | undefined)?.rawHeaders)) {
      throw new InvalidOptionError('request', request, 'an http.IncomingMessage');
    }
    if (!isDuplex(socket)) throw new InvalidOptionError('socket', socket, 'the socket of the request');
    if (this.#pending.has(socket)) throw new InvalidStateError('test: this socket was tested before');
    if (this.#overload() !== undefined || !isWebSocketUpgrade(request)) return false;
    const admitted = this.#admission.examine(server, request);
    if (admitted?.ok !== true) {
      log('notice', 'not an opening handshake for a live path', {
        reason: admitted?.reason ?? 'the path is not live',
      });
      return false;
    }
    this.#hold(request, socket, head, admitted);
    return true;
  }

  /**
   * Answers a tested request with 101 (websocket(n): upgrade).
   * @returns the connection, open; `connect` follows on the next tick.
   * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) for a socket that was not tested, or is gone by now.
   */
  upgrade(socket: Duplex): WebSocketServer {
    return this.#accept(this.#pendingOf(socket, 'upgrade'), undefined);
  }

  /**
   * Refuses a tested request and ends its socket.
   * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) as `upgrade`; InvalidOptionError (`ERR_WS_INVALID_OPTION`) for
   * a response that cannot be sent.
   */
  reject(socket: Duplex, refusal: RefusalDetails): void {
    const pending = this.#pendingOf(socket, 'reject');
    this.#refuse(pending, new Refusal(refusal, 'refused by the caller'));
  }

  /** Finds open connections of this registry, as `Connection.find` does. */
  find(host?: string, port?: string | number): WebSocketServer[] {
    return findConnections(host, port, this.#connections);
  }

  /**
   * Sends one message to all open connections, framed once.
   * @param options - `path`, a glob for theirs; `except`, those left out.
   * @returns how many took it.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent.
   */
  broadcast(type: SendType, message: MessageData, options?: BroadcastOptions): number {
    return broadcast(this.#connections, type, message, options);
  }

  /**
   * Accepts nothing any more, closes all connections, terminates at the deadline those that are left, and lets go
   * of the servers. A second call waits for the first.
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

  async #drain(settings: ReturnType<typeof drainSettings>): Promise<void> {
    const ended = [...this.#ownServers].map((server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return { server, closed };
    });
    this.emit('drain');
    for (const pending of [...this.#pending.values()]) this.#refuse(pending, UNAVAILABLE);
    await drainConnections(this.#connections, settings);
    for (const server of this.#servers) HttpAttachment.remove(server, this.#taker);
    for (const { server, closed } of ended) {
      server.closeAllConnections();
      await closed;
    }
    this.#servers.clear();
    this.emit('close');
  }

  #take(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    const verdict = this.#admission.examine(server, request);
    if (verdict === undefined) return false;
    const overload = this.#overload();
    if (verdict.ok && overload === undefined)
      void this.#authorize(this.#hold(request, stream, head, verdict));
    else {
      const refusal = verdict.ok ? overload! : new Refusal(verdict, verdict.reason);
      endStream(stream, refusal.response);
      this.#reportRejected(request, refusal.status, refusal.reason);
    }
    return true;
  }

  #overload(): Refusal | undefined {
    const { maxConnections, maxPendingHandshakes } = this.#settings;
    if (this.#drained !== undefined) return UNAVAILABLE;
    if (this.#connections.size + this.#pending.size >= maxConnections) return TOO_MANY_CONNECTIONS;
    return this.#pending.size >= maxPendingHandshakes ? TOO_MANY_HANDSHAKES : undefined;
  }

  #hold(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer | undefined,
    admitted: Admitted,
  ): PendingUpgrade {
    const pending: PendingUpgrade = new PendingUpgrade(
      request,
      stream,
      head,
      admitted,
      this.#settings.handshakeTimeoutMs,
      () => this.#pending.delete(stream),
      () => this.#refuse(pending, TIMED_OUT),
    );
    this.#pending.set(stream, pending);
    return pending;
  }

  async #authorize(pending: PendingUpgrade): Promise<void> {
    const { authorize } = this.#settings;
    const { request, guard } = pending;
    try {
      let context: unknown;
      if (authorize !== undefined) {
        const answer = authorize(request, { signal: guard.signal });
        context = isThenable(answer) ? await answer : answer;
      }
      if (guard.isOver) return;
      if (context instanceof Refusal) this.#refuse(pending, context);
      else if (context === false) this.#refuse(pending, FORBIDDEN);
      else this.#accept(pending, context);
    } catch (error) {
      if (guard.isOver) return;
      if (!(error instanceof Refusal)) log('error', 'authorize or selectProtocol threw', { err: error });
      this.#refuse(pending, error instanceof Refusal ? error : FAILED);
    }
  }

  #accept(pending: PendingUpgrade, context: unknown): WebSocketServer {
    const { request, guard, admitted } = pending;
    const protocol = this.#selectProtocol(pending);
    const remoteName = this.#lookupPeerName(request);
    const response = acceptResponse({ key: admitted.key, protocol });
    this.#pending.delete(guard.stream);
    const head = guard.release();
    guard.stream.write(response);
    const details = {
      protocol,
      extensions: '',
      path: admitted.path,
      query: admitted.query,
      headers: request.headers,
    };
    const settings = this.#settingsFor(admitted.livePath?.handler);
    const open = { stream: guard.stream, head, details };
    const connection = new WebSocketServer(guard.stream, undefined, {
      settings,
      open,
      request,
      context,
      remoteName,
    });
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    pending.traceEnd(101);
    this.emit('connection', connection, request);
    return connection;
  }

  #selectProtocol({ request, admitted }: PendingUpgrade): string {
    const { selectProtocol } = this.#settings;
    const { protocols, livePath } = admitted;
    if (selectProtocol !== undefined) return validateSelection(selectProtocol(protocols, request), protocols);
    return livePath === undefined ? (protocols[0] ?? '') : livePath.selectProtocol(protocols);
  }

  #lookupPeerName(request: IncomingMessage): string {
    try {
      return String(this.#settings.lookupPeerName?.(request) ?? '');
    } catch (error) {
      log('error', 'lookupPeerName threw', { err: error });
      return '';
    }
  }

  #refuse(pending: PendingUpgrade, refusal: Refusal): void {
    this.#pending.delete(pending.guard.stream);
    pending.guard.answer(refusal.response);
    pending.traceEnd(refusal.status, refusal.reason);
    this.#reportRejected(pending.request, refusal.status, refusal.reason);
  }

  #reportRejected(request: IncomingMessage, status: number, reason: string): void {
    log('notice', 'opening handshake refused', { status, reason, url: request.url });
    this.emit('rejected', request, status, reason);
  }

  #pendingOf(socket: Duplex, call: string): PendingUpgrade {
    const pending = this.#pending.get(socket);
    if (pending === undefined) {
      throw new InvalidStateError(`${call}: this socket was not tested, was answered already, or is gone`);
    }
    return pending;
  }

  #known(httpServer: unknown): Server {
    if (this.#servers.has(httpServer as Server)) return httpServer as Server;
    throw new InvalidOptionError('httpServer', httpServer, 'a server made known by server() or attach()');
  }

  #settingsFor(handler: Handler | undefined): ConnectionSettings {
    let settings = this.#connectionSettings.get(handler);
    if (settings === undefined) {
      const { connection } = this.#settings;
      settings = connectionSettings(handler === undefined ? connection : { ...connection, handler });
      this.#connectionSettings.set(handler, settings);
    }
    return settings;
  }

  #serverOnClientError(error: Error & { code?: string }, socket: Duplex): void {
    log('notice', 'what came is no HTTP', { err: error });
    if (socket.writable && error.code !== 'ECONNRESET') {
      const status =
        error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
      endStream(socket, rejectResponse({ status }));
    } else socket.destroy();
    this.emit('clientError', error, socket);
  }
}

const UNAVAILABLE = new Refusal({ status: 503 }, 'the registry is draining');
const TOO_MANY_CONNECTIONS = new Refusal({ status: 503 }, 'maxConnections is reached');
const TOO_MANY_HANDSHAKES = new Refusal({ status: 503 }, 'maxPendingHandshakes is reached');
const TIMED_OUT = new Refusal({ status: 408 }, 'the opening handshake took too long');
const FORBIDDEN = new Refusal({ status: 403 }, 'refused by authorize');
const FAILED = new Refusal({ status: 500 }, 'authorize or selectProtocol threw');

/** Answers plain requests to a server that speaks nothing but WebSocket. */
function answerPlainRequest(_request: IncomingMessage, response: import('node:http').ServerResponse): void {
  const body = 'This server speaks WebSocket only.\n';
  response.writeHead(426, {
    Connection: 'close, Upgrade',
    Upgrade: 'websocket',
    'Content-Type': 'text/plain',
  });
  response.end(body);
}

function isHttpServer(value: unknown): value is Server {
  const server = value as Partial<Server> | null | undefined;
  return (
    typeof server?.on === 'function' &&
    typeof server.listenerCount === 'function' &&
    typeof server.listen === 'function'
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
