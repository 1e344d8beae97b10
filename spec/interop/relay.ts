import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes octets on between clients and one server of this machine, and counts them. */
export class Relay {
  /** Octets that clients sent so far. */
  fromClients = 0;
  /** Octets that the server sent so far. */
  fromServer = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')));
  }

  /** @param port - where the server listens. */
  static async start(port: number): Promise<Relay> {
    const relay = new Relay(port);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** Authority of the relay, in place of the server's. */
  get host(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Octets that passed since the last call, both ways. */
  take(): number {
    const octets = this.fromClients + this.fromServer;
    this.fromClients = this.fromServer = 0;
    return octets;
  }

  async end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (octets) => (this.fromClients += octets.length)).pipe(server);
    server.on('data', (octets) => (this.fromServer += octets.length)).pipe(client);
    client.on('close', () => {
      this.#sockets.delete(client);
      server.destroy();
    });
    server.on('close', () => {
      this.#sockets.delete(server);
      client.destroy();
    });
  }
}
