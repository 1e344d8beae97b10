import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { certificates } from '../certificates.js';
import { Loopback, PLAIN, type Way } from '../loopback.js';

/** Is a client's request, and the socket to answer it on. */
export interface Asked {
  readonly socket: Socket;
  /** Request line and header section, as they came. */
  readonly request: string;
  readonly path: string;
  /** Values by lower-case name; of a doubled field the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** What Sec-WebSocket-Accept has to be. */
  readonly accept: string;
}

/** Computes Sec-WebSocket-Accept (RFC 6455 §4.2.2, item 5.4), apart from the code under test. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Writes a 101 response with further fields, each ended by CR LF. */
export function switching({ accept }: Pick<Asked, 'accept'>, fields = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${fields}\r\n`;
}

/** Answers requests with whatever octets a spec wants. */
export class RawServer {
  readonly #loopback: Loopback<Server>;
  /** All requests so far. */
  readonly asked: Asked[];

  private constructor(loopback: Loopback<Server>, asked: Asked[]) {
    this.#loopback = loopback;
    this.asked = asked;
  }

  /**
   * Listens, with TLS for a way that has it.
   * @param answer - called with each request.
   */
  static async listen(
    answer: (asked: Asked) => void,
    way: Way = PLAIN,
    tls?: TlsOptions,
  ): Promise<RawServer> {
    const asked: Asked[] = [];
    const onSocket = (socket: Socket): void => {
      let request = '';
      socket.on('error', () => {});
      const socketOnData = (chunk: Buffer): void => {
        request += chunk.toString('latin1');
        if (!request.includes('\r\n\r\n')) return;
        socket.off('data', socketOnData);
        const [line = '', ...lines] = request.split('\r\n').filter((text) => text !== '');
        const headers = Object.fromEntries(
          lines.map((text) => [
            text.slice(0, text.indexOf(':')).toLowerCase(),
            text.slice(text.indexOf(':') + 2),
          ]),
        );
        const one = {
          socket,
          request,
          path: line.split(' ')[1]!,
          headers,
          accept: acceptOf(headers['sec-websocket-key'] ?? ''),
        };
        asked.push(one);
        answer(one);
      };
      socket.on('data', socketOnData);
    };
    const server = way.isSecure
      ? createTlsServer({ ...(await certificates()).localhost, ...tls }, onSocket)
      : createServer(onSocket);
    // A client that does not trust us ends the TLS handshake.
    server.on('tlsClientError', () => {});
    return new RawServer(await Loopback.of(server, way), asked);
  }

  get port(): number {
    return this.#loopback.port;
  }

  /** Sockets that are open. */
  get sockets(): ReadonlySet<Socket> {
    return this.#loopback.sockets;
  }

  url(path?: string): string {
    return this.#loopback.url(path);
  }

  close(): Promise<void> {
    return this.#loopback.close();
  }
}
