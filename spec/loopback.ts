import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import { certificates } from './certificates.js';

/** Says where a server listens that the specs make: an address of this machine or a Unix socket. */
export type Spot = 'IPv4' | 'IPv6' | 'a Unix socket';

/** Is a way to reach a server of the specs: HTTP or HTTPS at some spot. */
export interface Way {
  readonly name: string;
  readonly isSecure: boolean;
  readonly spot: Spot;
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** Whether this Node finds an IPv6 address in a certificate: 22.23 does not. */
const judgesIpv6 =
  checkServerIdentity('::1', {
    subject: { CN: '' },
    subjectaltname: 'IP Address:0:0:0:0:0:0:0:1',
  } as unknown as PeerCertificate) === undefined;

/** Lists every way; a machine without IPv6 has fewer of them. */
export const WAYS: readonly Way[] = ['http', 'https'].flatMap((scheme) =>
  (['IPv4', 'IPv6', 'a Unix socket'] as const)
    .filter((spot) => spot !== 'IPv6' || (hasIpv6 && (scheme === 'http' || judgesIpv6)))
    .map((spot) => ({ name: `${scheme} over ${spot}`, isSecure: scheme === 'https', spot })),
);

/** The usual way. */
export const PLAIN: Way = { name: 'http over IPv4', isSecure: false, spot: 'IPv4' };
export const SECURE: Way = { name: 'https over IPv4', isSecure: true, spot: 'IPv4' };

let sockets = 0;

/** Lists the options of `net.Server.listen` for a spot. */
export function spotOptions(spot: Spot): { port?: number; host?: string; path?: string } {
  if (spot === 'IPv4') return { port: 0, host: '127.0.0.1' };
  if (spot === 'IPv6') return { port: 0, host: '::1' };
  sockets += 1;
  return { path: join(tmpdir(), `hawser-${String(process.pid)}-${String(sockets)}.sock`) };
}

/** Is an HTTP or HTTPS server on the loopback interface, which ends with all its sockets. */
export class Loopback<S extends NetServer = Server> {
  readonly server: S;
  readonly way: Way;
  readonly #sockets = new Set<Socket>();

  private constructor(server: S, way: Way) {
    this.server = server;
    this.way = way;
    server.on('connection', (socket: Socket) => {
      if (this.#sockets.has(socket)) return;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Makes an HTTP server and listens. */
  static async http(way: Way = PLAIN): Promise<Loopback> {
    const server = way.isSecure ? createSecureServer((await certificates()).localhost) : createServer();
    return Loopback.of(server, way);
  }

  /** Listens with a server made by the caller. */
  static async of<S extends NetServer>(server: S, way: Way = PLAIN): Promise<Loopback<S>> {
    const loopback = new Loopback(server, way);
    server.listen(spotOptions(way.spot));
    await once(server, 'listening');
    return loopback;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** TCP sockets that are open. */
  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Gives a WebSocket URL of a path. */
  url(path = '/'): string {
    return webSocketUrl(this.server.address()!, this.way.isSecure, path);
  }

  /** Opens a socket, with TLS where the server has it. */
  connect(): Promise<Socket> {
    return connectTo(this.server.address()!, this.way.isSecure);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Writes the URL of a WebSocket for an address that a server listens on. */
export function webSocketUrl(address: AddressInfo | string, isSecure: boolean, path = '/'): string {
  const scheme = isSecure ? 'wss' : 'ws';
  if (typeof address === 'string') return `${scheme}+unix:${address}:${path}`;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${String(address.port)}${path}`;
}

/** Finds the TCP socket under a TLS socket made by {@link connectTo}. */
const underlying = new WeakMap<Socket, Socket>();

/** Opens a socket to an address that a server listens on. */
export async function connectTo(address: AddressInfo | string, isSecure: boolean): Promise<Socket> {
  const way = typeof address === 'string' ? { path: address } : { port: address.port, host: address.address };
  const raw = connect(way);
  await once(raw, 'connect');
  if (!isSecure) return raw;
  const { ca } = await certificates();
  const socket = connectTls({ socket: raw, ca, servername: 'localhost' });
  underlying.set(socket, raw);
  await once(socket, 'secureConnect');
  return socket;
}

/** Goes away without a word: with RST. */
export function reset(socket: Socket): void {
  (underlying.get(socket) ?? socket).resetAndDestroy();
}
