import { expect } from 'chai';
import type { Socket } from 'node:net';
import { loglevel, setLogger } from '../../lib/logging.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import type { RegistryOptions } from '../../lib/server/registry-options.js';
import type { WebSocketServer } from '../../lib/server/websocket-server.js';
import { Loopback, connectTo, type Way } from '../loopback.js';
import { RawPeer, upgradeRequest, type RawResponse } from '../raw-peer.js';

/** Keeps what the specs of a server open, and ends it all: `afterEach(() => harbour.clear())`. */
export class Harbour {
  readonly #registries = new Set<ServerRegistry>();
  readonly #servers = new Set<Loopback>();
  readonly #sockets = new Set<Socket>();
  /** What was logged, as level and sentence. */
  readonly logged: string[] = [];
  /** What was logged, as fields. */
  readonly facts: Record<string, unknown>[] = [];

  constructor() {
    beforeEach(() => this.#takeLogs());
    afterEach(() => this.clear());
  }

  registry(options?: RegistryOptions): ServerRegistry {
    const registry = new ServerRegistry(options);
    this.#registries.add(registry);
    return registry;
  }

  async http(way?: Way): Promise<Loopback> {
    const loopback = await Loopback.http(way);
    this.#servers.add(loopback);
    return loopback;
  }

  /** Makes an HTTP server and a registry attached to it. */
  async attached(
    options?: RegistryOptions,
    way?: Way,
  ): Promise<{ http: Loopback; registry: ServerRegistry }> {
    const http = await this.http(way);
    return { http, registry: this.registry(options).attach(http.server) };
  }

  async listen(options: Parameters<typeof ServerRegistry.listen>[0]): Promise<ServerRegistry> {
    const registry = await ServerRegistry.listen(options);
    this.#registries.add(registry);
    return registry;
  }

  /** Opens a socket to a server and, if there is one, sends a request. */
  async peer(to: Loopback | ServerRegistry, request = ''): Promise<RawPeer> {
    const socket = to instanceof Loopback ? await to.connect() : await connectTo(to.address()!, false);
    this.#sockets.add(socket);
    const peer = new RawPeer(socket);
    if (request !== '') peer.send(request);
    return peer;
  }

  /** Asks for an upgrade, waits for the answer and for the end of the socket if it is no 101. */
  async ask(
    to: Loopback | ServerRegistry,
    ...request: Parameters<typeof upgradeRequest>
  ): Promise<RawResponse & { readonly body: string; readonly peer: RawPeer }> {
    const peer = await this.peer(to, upgradeRequest(...request));
    const response = await peer.responseWithBody();
    if (response.status !== 101) {
      await peer.ended();
      expect(peer.received.toString('latin1'), 'behind the response').to.equal('');
    }
    return { ...response, peer };
  }

  async clear(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([...this.#servers].map((server) => server.close()));
    await Promise.all([...this.#registries].map((registry) => registry.drain({ timeout: 0 })));
    this.#sockets.clear();
    this.#servers.clear();
    this.#registries.clear();
    setLogger(null);
    loglevel('error');
  }

  #takeLogs(): void {
    this.logged.length = 0;
    this.facts.length = 0;
    const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
      this.facts.push(fields);
      this.logged.push(`${level}: ${message}`);
    };
    setLogger({
      debug: at('debug'),
      info: at('info'),
      notice: at('notice'),
      warn: at('warn'),
      error: at('error'),
    });
  }
}

/** Waits for the next connection of a registry. */
export function connectionOf(registry: ServerRegistry): Promise<WebSocketServer> {
  return new Promise((resolve) => registry.once('connection', resolve));
}

/** Waits for the next refusal of a registry: its status and reason. */
export function rejectionOf(registry: ServerRegistry): Promise<[number, string]> {
  return new Promise((resolve) =>
    registry.once('rejected', (_request, status, reason) => resolve([status, reason])),
  );
}
