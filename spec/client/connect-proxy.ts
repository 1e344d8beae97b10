import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Loopback, type Way } from '../loopback.js';

/** Is a small HTTP proxy that knows nothing but CONNECT, and shows what it was asked. */
export class ConnectProxy {
  readonly #loopback: Loopback;
  readonly #outward = new Set<Socket>();
  /** Requests for a tunnel, so far. */
  readonly asked: IncomingMessage[] = [];
  /** All octets that went through tunnels to where they lead. */
  through = '';

  private constructor(loopback: Loopback) {
    this.#loopback = loopback;
  }

  /**
   * Listens.
   * @param answer - what to do with a request for a tunnel; undefined: open it.
   */
  static async listen(
    answer?: (request: IncomingMessage, socket: Duplex) => void,
    way?: Way,
  ): Promise<ConnectProxy> {
    const server = createServer();
    const proxy = new ConnectProxy(await Loopback.of(server, way));
    server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      proxy.asked.push(request);
      socket.on('error', () => {});
      if (answer === undefined) proxy.#open(request, socket, head);
      else {
        answer(request, socket);
        socket.on('end', () => socket.destroy()).resume();
      }
    });
    return proxy;
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [, port] = /:(\d+)$/.exec(request.url!)!;
    const outward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n');
      outward.write(head);
      socket.on('data', (chunk: Buffer) => (this.through += chunk.toString('latin1')));
      outward.pipe(socket).pipe(outward);
    });
    this.#outward.add(outward);
    outward.on('error', () => socket.destroy());
    outward.on('close', () => {
      this.#outward.delete(outward);
      socket.destroy();
    });
    socket.on('close', () => outward.destroy());
  }

  get port(): number {
    return this.#loopback.port;
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#loopback.sockets;
  }

  /** URL for the option `proxy`. */
  url(credentials = ''): string {
    return this.#loopback.url().replace(/^ws/, 'http').replace('//', `//${credentials}`);
  }

  async close(): Promise<void> {
    for (const socket of this.#outward) socket.destroy();
    await this.#loopback.close();
  }
}
