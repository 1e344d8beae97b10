import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, type HandlerArguments } from '../index.js';
import { ChatRooms } from './chat-rooms.js';
import { ConnectionTable } from './connection-table.js';
import { LiveFeed } from './live-feed.js';
import { PageFiles } from './page-files.js';

/** Bounds for an open door: strangers share one small process. */
const LIMITS = {
  maxConnections: 1_000,
  maxPendingHandshakes: 100,
  maxMessageBytes: 1024 * 1024,
  softBacklogBytes: 256 * 1024,
  hardBacklogBytes: 2 * 1024 * 1024,
} as const;

/** Seconds of silence before a ping; short, so that the table of connections has latencies to show. */
const KEEPALIVE_S = 10;

/** Is the demo: one port with live paths for echo, chat, clock and table, and the page that uses them. */
export class DemoServer {
  readonly #registry = new ServerRegistry({ ...LIMITS, keepalive: KEEPALIVE_S });
  #http: Server | undefined;

  /**
   * Listens on a port.
   * @returns the address that was bound.
   * @throws Error of Node, such as `EADDRINUSE`.
   */
  async listen(port: number, host: string): Promise<AddressInfo> {
    const files = await PageFiles.load();
    const http = createServer((request, response) => files.respond(request, response));
    const chat = new ChatRooms();
    const table = new ConnectionTable(this.#registry);
    const clock = new LiveFeed(this.#registry, '/clock', () => new Date().toISOString());
    const monitor = new LiveFeed(this.#registry, '/monitor', () => JSON.stringify(table.snapshot()));
    this.#registry.live('/echo', echo);
    this.#registry.live('/chat/*', chat.handler, 'chat.*');
    this.#registry.live('/clock', clock.handler);
    this.#registry.live('/monitor', monitor.handler);
    // The first ping does not wait for silence: the table shows a latency from the start.
    this.#registry.on('connection', (connection) => void connection.ping());
    this.#registry.attach(http);
    http.listen(port, host);
    await once(http, 'listening');
    this.#http = http;
    return http.address() as AddressInfo;
  }

  /**
   * Stops listening, closes every connection with 1001 and waits for the answers.
   * @param timeout - longest wait, in milliseconds; who has not answered by then is dropped.
   */
  async drain(timeout: number): Promise<void> {
    this.#http?.close();
    await this.#registry.drain({ code: 1001, reason: 'The server is going down', timeout });
    this.#http?.closeAllConnections();
  }
}

/** Sends back what comes; a pipe reads no faster than the peer takes its echoes. */
function echo(...[connection, type]: HandlerArguments): void {
  if (type === 'connect') connection.pipe(connection);
}
