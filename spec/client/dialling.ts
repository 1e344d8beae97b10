import { expect } from 'chai';
import { once } from 'node:events';
import type { ClientOptions } from '../../lib/client/client-options.js';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { HandshakeError, type HandshakeStage } from '../../lib/errors.js';
import { loglevel, setLogger } from '../../lib/logging.js';
import type { Way } from '../loopback.js';
import type { TlsOptions } from 'node:tls';
import { RawServer, type Asked } from './raw-server.js';

/** Is what a client has told, in order. */
export type Told = readonly (readonly [event: string, ...args: unknown[]])[];

/** Keeps what the specs of a client open, and ends it all after each. */
export class Dialling {
  readonly #servers = new Set<RawServer>();
  readonly #clients = new Set<WebSocketClient>();

  constructor() {
    afterEach(() => this.#clear());
  }

  async server(answer: (asked: Asked) => void, way?: Way, tls?: TlsOptions): Promise<RawServer> {
    const server = await RawServer.listen(answer, way, tls);
    this.#servers.add(server);
    return server;
  }

  /** Makes a client whose errors are heard. */
  client(url: string | URL, options?: ClientOptions): WebSocketClient {
    const client = new WebSocketClient(url, options);
    client.on('error', () => {});
    this.#clients.add(client);
    return client;
  }

  async open(url: string | URL, options?: ClientOptions): Promise<WebSocketClient> {
    const client = this.client(url, options);
    await once(client, 'connect');
    return client;
  }

  /**
   * Dials what does not open, and checks that it ends as it should: one HandshakeError, one close, in this order,
   * and the same from open().
   */
  async failure(
    url: string | URL,
    options: ClientOptions = {},
    stage?: HandshakeStage,
  ): Promise<HandshakeError> {
    const client = this.client(url, options);
    const told = record(client);
    if (options.signal?.aborted !== true)
      expect([client.state, client.readyState]).to.deep.equal(['CONNECTING', 0]);
    await closed(client);
    const error = told.find(([event]) => event === 'error')?.[1];
    if (!(error instanceof HandshakeError)) expect.fail(`no HandshakeError but ${String(error)}`);
    const events = told.filter(([event]) => event !== 'timeout');
    expect(events).to.deep.equal([
      ['error', error],
      ['close', 1006, ''],
    ]);
    expect([client.state, client.readyState, client.destroyed]).to.deep.equal(['CLOSED', 3, true]);
    if (stage !== undefined) {
      expect(error.stage, error.message).to.equal(stage);
      expect(error.message).to.include(`failed (${stage}): `);
    }
    return error;
  }

  async #clear(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    await Promise.all([...this.#servers].map((server) => server.close()));
    this.#clients.clear();
    this.#servers.clear();
    setLogger(null);
    loglevel('error');
  }
}

/** Waits until a client is gone, in whatever way. */
export function closed(client: WebSocketClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** Records what a client tells. */
export function record(client: WebSocketClient): Told {
  const told: [string, ...unknown[]][] = [];
  for (const event of ['connect', 'text', 'closing', 'disconnect', 'timeout', 'error', 'close'] as const)
    client.on(event, (...args: unknown[]) => void told.push([event, ...args]));
  return told;
}
