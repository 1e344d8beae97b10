import type { Connection, ServerRegistry } from '../index.js';

/** Most rows of one snapshot; the rest is only counted. */
const MAX_ROWS = 200;
const MAX_FIELD_LENGTH = 80;

/** Is what the table shows of one connection. */
export interface ConnectionRow {
  readonly id: number;
  /** Remote name or address, and port. */
  readonly peer: string;
  readonly path: string;
  readonly protocol: string;
  readonly state: string;
  /** Seconds between keepalive pings; 0 for none. */
  readonly keepalive: number;
  /** Round trip of the last ping in milliseconds, `null` before the first pong. */
  readonly latencyMs: number | null;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly ageMs: number;
}

/** Collects facts about the live connections of a registry. */
export class ConnectionTable {
  readonly #registry: ServerRegistry;
  readonly #now: () => number;
  readonly #arrivals = new WeakMap<Connection, { readonly id: number; readonly at: number }>();
  #lastId = 0;

  /** @param now - monotonic clock in milliseconds. */
  constructor(registry: ServerRegistry, now: () => number = () => performance.now()) {
    this.#registry = registry;
    this.#now = now;
    registry.on('connection', (connection) => this.#arrivalOf(connection));
  }

  /** Makes a snapshot: how many connections there are, and a row for each of the first 200. */
  snapshot(): { readonly count: number; readonly rows: ConnectionRow[] } {
    const rows: ConnectionRow[] = [];
    for (const connection of this.#registry) {
      if (rows.length === MAX_ROWS) break;
      rows.push(this.#row(connection));
    }
    return { count: this.#registry.size, rows };
  }

  #row(connection: Connection): ConnectionRow {
    const { id, at } = this.#arrivalOf(connection);
    const { bytesReceived, bytesSent } = connection.counters;
    return {
      id,
      peer: peerOf(connection),
      path: connection.path.slice(0, MAX_FIELD_LENGTH),
      protocol: connection.protocol.slice(0, MAX_FIELD_LENGTH),
      state: connection.state,
      keepalive: Math.max(0, connection.configure().keepalive),
      latencyMs: connection.latency ?? null,
      bytesReceived,
      bytesSent,
      ageMs: Math.round(this.#now() - at),
    };
  }

  #arrivalOf(connection: Connection): { readonly id: number; readonly at: number } {
    const known = this.#arrivals.get(connection);
    if (known !== undefined) return known;
    const arrival = { id: ++this.#lastId, at: this.#now() };
    this.#arrivals.set(connection, arrival);
    return arrival;
  }
}

function peerOf({ peername, remotePort }: Connection): string {
  return `${peername.includes(':') ? `[${peername}]` : peername}:${String(remotePort)}`.slice(
    0,
    MAX_FIELD_LENGTH,
  );
}
