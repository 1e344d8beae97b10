import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Is a client's opening handshake, unanswered as yet. */
export interface Arrival {
  readonly socket: Socket;
  /** Answers with 101 and further fields, and what follows the answer in the same packet. */
  accept(fields?: Readonly<Record<string, string>>, follow?: Buffer): void;
  /** Makes the octets of that answer. */
  response(fields?: Readonly<Record<string, string>>): string;
}

/** Computes Sec-WebSocket-Accept (RFC 6455 §4.2.2, item 5.4), apart from the code under test. */
function acceptOf(request: string): string {
  const key = /^sec-websocket-key: *(.*)\r$/im.exec(request)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Makes a server's frame: the first octet as it is given, the length in its shortest form. */
export function serverFrame(first: number, payload: Buffer | string = ''): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const { length } = data;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), data]);
  if (length < 0x10000) return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 0xff]), data]);
  const header = Buffer.alloc(10);
  header.writeUInt16BE((first << 8) | 127);
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, data]);
}

/** Is a server that clients should not have dialled: whoever wants to does as he likes with each that comes. */
export class HostileServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #arrivals: Arrival[] = [];
  #whenArrived: ((arrival: Arrival) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serverOnConnection(socket));
  }

  static async listen(): Promise<HostileServer> {
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    await once(server, 'listening');
    return new HostileServer(server);
  }

  url(path = '/'): string {
    return `ws://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}${path}`;
  }

  /** Waits for the next client, in the order in which their requests come. */
  next(): Promise<Arrival> {
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) return Promise.resolve(arrival);
    return new Promise((resolve) => (this.#whenArrived = resolve));
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }

  #serverOnConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let request = '';
    const socketOnData = (chunk: Buffer): void => {
      request += chunk.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      socket.off('data', socketOnData);
      socket.pause();
      this.#arrive(socket, request);
    };
    socket.on('data', socketOnData);
  }

  #arrive(socket: Socket, request: string): void {
    const response = (fields: Readonly<Record<string, string>> = {}): string => {
      const all = {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Accept': acceptOf(request),
        ...fields,
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`;
    };
    const accept: Arrival['accept'] = (fields, follow = Buffer.alloc(0)) => {
      socket.write(Buffer.concat([Buffer.from(response(fields), 'latin1'), follow]));
    };
    const arrival = { socket, accept, response };
    const whenArrived = this.#whenArrived;
    this.#whenArrived = undefined;
    if (whenArrived === undefined) this.#arrivals.push(arrival);
    else whenArrived(arrival);
  }
}
