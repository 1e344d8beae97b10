import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer as WsServer } from 'ws';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import type { ConnectionOptions } from '../../lib/connection/connection-options.js';
import { KeepaliveController } from '../../lib/connection/keepalive-controller.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import { HawserEnd, WsEnd, type End } from './end.js';
import { Exchange } from './exchange.js';
import { FaultProxy } from './fault-proxy.js';
import { isHarmless, type Schedule } from './schedule.js';

/** Milliseconds after which an end whose peer is lost is closed by hand, and those in which it has to be gone then. */
const PATIENCE_MS = 1_500;
const END_MS = 20_000;

/** Tells what was wrong in a trial: nothing, if it was fine. */
export interface Verdict {
  readonly schedule: Schedule;
  readonly complaints: readonly string[];
  /** What was done to it, and how far it came. */
  readonly journal: readonly string[];
}

/** Is the listening side of a trial, of either library. */
interface ServerSide {
  readonly port: number;
  end: End | undefined;
  /** Ends it, and tells what it had left. */
  stop(): Promise<string[]>;
}

/**
 * Lets a client and a server play a schedule through a proxy that follows it, and judges both.
 * @param faults - what the proxy does, where the judge is not to know.
 */
export async function attempt(schedule: Schedule, faults = schedule.faults): Promise<Verdict> {
  const over = new AbortController();
  const exchange = new Exchange(schedule, over.signal);
  const keepaliveController = new KeepaliveController();
  const options = connectionOptions(schedule, keepaliveController);
  const server = await (schedule.pairing === 'hawser-ws' ? startWs : startHawser)(
    schedule,
    options,
    (end) => {
      exchange.join('server', end);
    },
  );
  const proxy = await FaultProxy.start(server.port, faults);
  const client = dial(schedule, proxy.port, options);
  exchange.join('client', client);

  const complaints: string[] = [];
  const isOver = Promise.all([client.closed, settle(client, server, proxy)]);
  const patience = setTimeout(
    () => giveUp(schedule, client, server.end),
    isHarmless(schedule) ? END_MS : PATIENCE_MS,
  );
  const timer = new AbortController();
  const isLate = await Promise.race([
    isOver.then(() => false),
    sleep(END_MS * 2, true, { signal: timer.signal }),
  ]);
  timer.abort();
  clearTimeout(patience);
  over.abort();
  if (isLate) complaints.push('it did not end');
  else exchange.judge();
  const describe = exchange.describe();
  await proxy.end();
  complaints.push(...(await server.stop()));
  if (keepaliveController.size > 0) complaints.push(`keepalive watches ${keepaliveController.size}`);
  for (const [side, end] of [
    ['client', client],
    ['server', server.end],
  ] as const) {
    for (const complaint of (await end?.complaints()) ?? []) complaints.push(`${side}: ${complaint}`);
  }
  return {
    schedule,
    complaints: [...exchange.complaints, ...complaints],
    journal: [...proxy.journal, describe],
  };
}

/** Waits until the server's end is gone as well, if there came to be one. */
async function settle(client: End, server: ServerSide, proxy: FaultProxy): Promise<void> {
  await client.closed;
  // A request that is still under way may open a connection yet; it finds its client gone.
  if (server.end === undefined) await proxy.end();
  await server.end?.closed;
}

/** Closes what waits for a peer that is lost: its deadlines do the rest. ws has none: it is cut off. */
function giveUp({ pairing }: Schedule, client: End, server: End | undefined): void {
  if (pairing === 'ws-hawser') client.terminate();
  else client.close();
  if (pairing === 'hawser-ws') server?.terminate();
  else server?.close();
}

function connectionOptions(schedule: Schedule, keepaliveController: KeepaliveController): ConnectionOptions {
  const deadlines = isHarmless(schedule)
    ? { keepalive: 0, closeTimeoutMs: END_MS, closeTotalTimeoutMs: END_MS }
    : { keepalive: 0.1, pongTimeoutMs: 300, closeTimeoutMs: 400, closeTotalTimeoutMs: 1_500 };
  return {
    ...deadlines,
    keepaliveController,
    hardBacklogBytes: Infinity,
    perMessageDeflate: compressionOptions(schedule),
  };
}

/** Gives what both libraries understand. */
function compressionOptions({ compression }: Schedule) {
  return (
    compression !== 'none' && {
      threshold: 64,
      serverNoContextTakeover: compression === 'per message',
      clientNoContextTakeover: compression === 'per message',
    }
  );
}

function openingTimeoutMs(schedule: Schedule): number {
  return isHarmless(schedule) ? END_MS : 800;
}

function dial(schedule: Schedule, port: number, options: ConnectionOptions): End {
  const url = `ws://127.0.0.1:${String(port)}/trial`;
  if (schedule.pairing === 'ws-hawser') {
    const handshakeTimeout = openingTimeoutMs(schedule);
    return new WsEnd(
      new WebSocket(url, { perMessageDeflate: compressionOptions(schedule), handshakeTimeout }),
    );
  }
  const handler = schedule.readers.client === 'handler' ? HawserEnd.handler(() => end) : undefined;
  const client = new WebSocketClient(url, { ...options, handler, timeout: openingTimeoutMs(schedule) });
  const end: HawserEnd = new HawserEnd(client, schedule.readers.client);
  return end;
}

async function startHawser(
  schedule: Schedule,
  options: ConnectionOptions,
  join: (end: End) => void,
): Promise<ServerSide> {
  let end: HawserEnd | undefined;
  const complaints: string[] = [];
  const handler = schedule.readers.server === 'handler' ? HawserEnd.handler(() => end) : undefined;
  const registry = await ServerRegistry.listen({
    port: 0,
    host: '127.0.0.1',
    ...options,
    handler,
    handshakeTimeoutMs: openingTimeoutMs(schedule),
    maxConnectionsPerAddress: 10,
  });
  registry.on('connection', (connection) => {
    if (end !== undefined) complaints.push('a second connection');
    end = new HawserEnd(connection, schedule.readers.server);
    side.end = end;
    join(end);
  });
  const side: ServerSide = {
    port: (registry.address() as AddressInfo).port,
    end: undefined,
    async stop() {
      if (registry.size > 0) complaints.push(`${registry.size} in the registry`);
      await registry.drain({ timeout: 0 });
      return complaints;
    },
  };
  return side;
}

async function startWs(
  schedule: Schedule,
  _options: ConnectionOptions,
  join: (end: End) => void,
): Promise<ServerSide> {
  const http = createServer((_request, response) => response.writeHead(426).end());
  const server = new WsServer({ server: http, perMessageDeflate: compressionOptions(schedule) });
  // An upgrade to something else it leaves open for ever.
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => sockets.add(socket));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  server.on('wsClientError', () => undefined);
  const side: ServerSide = {
    port: (http.address() as AddressInfo).port,
    end: undefined,
    async stop() {
      const closed = once(http, 'close');
      http.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      return [];
    },
  };
  server.on('connection', (socket) => {
    side.end = new WsEnd(socket);
    join(side.end);
  });
  return side;
}
