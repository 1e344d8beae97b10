import { expect } from 'chai';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions } from '../../lib/connection/connection-options.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import type { WebSocketServer } from '../../lib/server/websocket-server.js';
import { need, versionOf, type Requirement } from '../interop/peers.js';
import { PeerProgram } from '../interop/peer-program.js';
import { Network } from './network.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Seconds of silence before a ping, and milliseconds for the pong. */
const KEEPALIVE = 0.5;
const PONG_TIMEOUT_MS = 1_500;
const WATCHED: ConnectionOptions = { keepalive: KEEPALIVE, pongTimeoutMs: PONG_TIMEOUT_MS };
/** Milliseconds that a crowded machine may be late. */
const LATE_MS = 2_000;

const iproute: Requirement = {
  name: 'iproute2',
  version: versionOf('ip', ['-V'], /iproute2-([^\s,]+)/),
  packages: 'iproute2',
};
const nftables: Requirement = {
  name: 'nftables',
  version: versionOf('nft', ['--version'], /v(\S+)/),
  packages: 'nftables',
};

/** Is what one end told, and when. */
interface Told {
  readonly event: string;
  readonly at: number;
  readonly code?: number;
}

/** Is a server here and clients there, with a network of their own between them. */
class Route {
  readonly network: Network;
  readonly registry: ServerRegistry;
  readonly connections: readonly WebSocketServer[];
  readonly clients: PeerProgram;

  private constructor(
    network: Network,
    registry: ServerRegistry,
    connections: readonly WebSocketServer[],
    clients: PeerProgram,
  ) {
    this.network = network;
    this.registry = registry;
    this.connections = connections;
    this.clients = clients;
  }

  static async open(
    server: ConnectionOptions,
    client: ConnectionOptions = WATCHED,
    count = 1,
  ): Promise<Route> {
    const network = await Network.create();
    try {
      const registry = await ServerRegistry.listen({ host: network.here, port: 0, ...server });
      const url = `ws://${network.here}:${String((registry.address() as AddressInfo).port)}/`;
      const program = ['--import', 'tsx', 'spec/faults/network-client.ts'];
      const clients = new PeerProgram(
        ...network.commandThere(process.execPath, ...program, url, String(count), JSON.stringify(client)),
      );
      await clients.event('connect', count - 1);
      return new Route(network, registry, [...registry], clients);
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.clients.end('SIGKILL');
    await this.registry.drain({ timeout: 0 });
    await this.network.remove();
  }
}

/** Waits for the event `close`, whatever else is told before. */
function closed(connection: WebSocketServer): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** Listens to all that tells of an end. */
function record(connection: WebSocketServer): Told[] {
  const told: Told[] = [];
  const note = (event: string, code?: number): void => {
    told.push({ event, at: performance.now(), ...(code !== undefined && { code }) });
  };
  connection.on('timeout', (kind) => note(`timeout ${kind}`));
  connection.on('error', () => note('error'));
  connection.on('disconnect', (code) => note('disconnect', code));
  connection.on('close', (code) => note('close', code));
  return told;
}

/** Opens a route, does something on it, and takes it away whatever comes of that. */
async function along<T>(
  options: readonly [server: ConnectionOptions, client?: ConnectionOptions, count?: number],
  walk: (route: Route) => Promise<T>,
): Promise<T> {
  const route = await Route.open(...options);
  try {
    return await walk(route);
  } finally {
    await route.close();
  }
}

/** Sends something and lets all fall silent; tells what the server's end said, and after how many milliseconds. */
function fallSilent(options: ConnectionOptions, octets: number) {
  return along([options], async ({ network, connections, clients }) => {
    const [connection] = connections as [WebSocketServer];
    const told = record(connection);
    await network.fallSilent();
    const silentAt = performance.now();
    if (octets > 0) connection.send('binary', Buffer.alloc(octets));
    await closed(connection);
    if (octets === 0) await clients.event('close');
    return {
      events: told.map(({ event }) => event),
      codes: told.flatMap(({ code }) => code ?? []),
      afterMs: told[0]!.at - silentAt,
      clientTold: clients.events.map(({ event, kind, code }) => kind ?? code ?? event),
    };
  });
}

/** Loses one segment of ten for longer than a peer may be silent; tells how many pongs each peer got through. */
function loseSome(options: ConnectionOptions & { readonly pongTimeoutMs: number }, count: number) {
  return along([options, options, count], async ({ network, connections, clients, registry }) => {
    await network.lose(10);
    const pongs = connections.map(() => 0);
    for (const [index, connection] of connections.entries())
      connection.on('pong', () => (pongs[index] = pongs[index]! + 1));
    await sleep(KEEPALIVE * 1_000 + options.pongTimeoutMs + 1_500);
    const further = clients.events.filter(({ event }) => event !== 'connect');
    return { size: registry.size, pongs, further };
  });
}

/** Sends much over a slow link; tells when the pong came that lies behind it. */
function slowDown(bitsPerSecond: number, octets: number) {
  return along([WATCHED, { keepalive: 0 }], async ({ network, connections, clients, registry }) => {
    const [connection] = connections as [WebSocketServer];
    await network.slowDown(bitsPerSecond);
    const startedAt = performance.now();
    connection.send('binary', Buffer.alloc(octets));
    await Promise.race([once(connection, 'pong'), closed(connection)]);
    const pongMs = performance.now() - startedAt;
    const { size } = registry;
    if (size > 0) await clients.event('binary');
    return { pongMs, size, events: clients.events.map(({ event }) => event) };
  });
}

describe('the network (R6)', function () {
  this.timeout(90_000);

  /** Enough for six losses of one segment in a row, each of which doubles the wait for the next try. */
  const PATIENT = { keepalive: KEEPALIVE, pongTimeoutMs: 7_000 };
  const PEERS = 10;
  const UNREAD = 128 * KiB;
  let idle: Awaited<ReturnType<typeof fallSilent>>;
  let sending: Awaited<ReturnType<typeof fallSilent>>;
  let lossy: Awaited<ReturnType<typeof loseSome>>;
  let slow: Awaited<ReturnType<typeof slowDown>>;

  before(async function () {
    need(this, iproute, nftables);
    if (process.getuid?.() !== 0) {
      if (process.env['CI'] !== undefined) throw new Error('only root makes hosts of a network');
      this.skip();
    }
    // Side by side, for most of it is waiting. All are awaited, so that each has taken its network away.
    const outcomes = await Promise.allSettled([
      fallSilent(WATCHED, 0),
      fallSilent({ ...WATCHED, hardBacklogBytes: Infinity }, UNREAD),
      loseSome(PATIENT, PEERS),
      slowDown(2_000_000, 4 * MiB),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    [idle, sending, lossy, slow] = outcomes.map((outcome) => (outcome as { value?: unknown }).value) as [
      typeof idle,
      typeof sending,
      typeof lossy,
      typeof slow,
    ];
  });

  const END = ['timeout keepalive', 'disconnect', 'error', 'close'];

  it('falls silent while nothing is sent: both ends notice by keepalive', () => {
    expect(idle.events).to.deep.equal(END);
    expect(idle.codes).to.deep.equal([1006, 1006]);
    expect(idle.afterMs).to.be.within(PONG_TIMEOUT_MS - 10, KEEPALIVE * 1_000 + PONG_TIMEOUT_MS + LATE_MS);
    expect(idle.clientTold).to.have.length(5);
    expect(idle.clientTold).to.include.members(['connect', 'keepalive', 'error', 1006]);
    expect(idle.clientTold.at(-1)).to.equal(1006);
  });

  it('falls silent while much is sent: that is allowed for, at 64 KiB a second, and no more', () => {
    expect(sending.events).to.deep.equal(END);
    const allowance = (UNREAD / (64 * KiB)) * 1_000;
    expect(sending.afterMs).to.be.within(
      PONG_TIMEOUT_MS + allowance - 10,
      KEEPALIVE * 1_000 + PONG_TIMEOUT_MS + allowance + LATE_MS,
    );
  });

  it('loses one segment of ten: no healthy peer is dropped', () => {
    expect(lossy.size).to.equal(PEERS);
    for (const count of lossy.pongs) expect(count).to.be.at.least(1);
    expect(lossy.further).to.deep.equal([]);
  });

  it('passes 2 Mbit a second, with 4 MiB before the ping: no healthy peer is dropped', () => {
    expect(slow.size).to.equal(1);
    expect(slow.events).to.deep.equal(['connect', 'binary']);
    // Many times the deadline: without the allowance for what was sent it had been dropped.
    expect(slow.pongMs).to.be.above(KEEPALIVE * 1_000 + PONG_TIMEOUT_MS + 5_000);
  });
});
