import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ServerRegistry,
  type Connection,
  type HandlerArguments,
  type ListenOptions,
  type WebSocketServer,
} from '../../lib/index.js';

/** Says how a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** Resolves when a connection has ended. */
export function endingOf(connection: Connection): Promise<Ending> {
  return new Promise((resolve) => {
    connection.once('disconnect', (code, reason, wasClean) => resolve({ code, reason, wasClean }));
  });
}

/** Is a connection that was accepted, with what happens on it. */
export interface Arrival {
  readonly connection: WebSocketServer;
  /** Header fields of its request. */
  readonly headers: IncomingHttpHeaders;
  readonly ending: Promise<Ending>;
  /** Types and messages, as the handler was called with them. */
  readonly calls: (readonly [type: string, message: unknown])[];
}

/**
 * Is a server of ours with the paths that the peers' servers have; and `/chat` for the subprotocols `chat.*`, and `/liar`,
 * whose echo is not what came.
 */
export class PathServer {
  readonly registry: ServerRegistry;
  readonly #arrivals: Arrival[] = [];
  readonly #waiting: ((arrival: Arrival) => void)[] = [];
  readonly #calls = new WeakMap<Connection, (readonly [string, unknown])[]>();

  private constructor(registry: ServerRegistry) {
    this.registry = registry;
    for (const path of ['/echo*', '/fragments', '/ping', '/close/*', '/liar'])
      registry.live(path, this.#handler);
    registry.live('/chat', this.#handler, 'chat.*');
    registry.on('connection', (connection, { headers }) => this.#welcome(connection, headers));
  }

  static async start(options: ListenOptions = {}): Promise<PathServer> {
    return new PathServer(await ServerRegistry.listen({ host: '127.0.0.1', port: 0, ...options }));
  }

  get port(): number {
    return (this.registry.address() as AddressInfo).port;
  }

  /** URL of the root, as for the servers of peers. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** Waits for the next connection. */
  async next(): Promise<Arrival> {
    return this.#arrivals.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Forgets connections that nobody waited for. */
  forget(): void {
    this.#arrivals.length = 0;
  }

  async end(): Promise<void> {
    await this.registry.drain({ timeout: 100 });
  }

  #welcome(connection: WebSocketServer, headers: IncomingHttpHeaders): void {
    const calls: (readonly [string, unknown])[] = [];
    this.#calls.set(connection, calls);
    const arrival = { connection, headers, ending: endingOf(connection), calls };
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#arrivals.push(arrival);
    else resolve(arrival);
  }

  readonly #handler = (...args: HandlerArguments): void => {
    const [connection, type, message] = args;
    this.#calls.get(connection)?.push([type, message]);
    const [, kind = '', code, reason] = connection.path.split('/');
    if (type === 'text') connection.send('text', kind === 'liar' ? `${message}!` : message);
    else if (type === 'binary') connection.send('binary', message);
    else if (type === 'connect') greet(connection, kind, Number(code), reason);
    else if (type === 'pong' && kind === 'ping') connection.send('text', 'pong');
  };
}

function greet(connection: Connection, kind: string, code: number, reason: string | undefined): void {
  if (kind === 'fragments') {
    connection.send('text', 'made ', false);
    connection.ping('between fragments');
    connection.send('text', 'fast ', false);
    connection.send('text', '⚓', true);
  } else if (kind === 'ping') connection.ping('are you there');
  else if (kind === 'close') connection.close(code, reason);
}
