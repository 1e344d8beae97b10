import type { Socket } from 'node:net';
import { clientFrame, upgraded } from './attack/attacker.js';
import { HostileServer, serverFrame } from './attack/hostile-server.js';
import type { Library } from './library.js';
import { Victim } from './victim.js';
import type { Orders } from './victims/orders.js';

/** Names the role of the victim's connections. */
export type Role = 'server' | 'client';

/** Says what an opening handshake is like, from the attacker's side. */
export interface MeetingOptions {
  readonly path?: string;
  /** Fields of the attacker's request or response. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Is a victim in one of the roles, and whoever attacks it in the other: the rows need not know which is which. */
export class Encounter {
  readonly role: Role;
  readonly victim: Victim;
  readonly #server: HostileServer | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(role: Role, victim: Victim, server: HostileServer | undefined) {
    this.role = role;
    this.victim = victim;
    this.#server = server;
  }

  static async begin(
    library: Library,
    role: Role,
    orders: Orders,
    nodeArguments: readonly string[] = [],
  ): Promise<Encounter> {
    if (role === 'server')
      return new Encounter(role, await Victim.listen(library, orders, nodeArguments), undefined);
    return new Encounter(
      role,
      await Victim.start(library, orders, nodeArguments),
      await HostileServer.listen(),
    );
  }

  /** Opens one more connection, and gives the attacker's end; nothing is read from it as yet. */
  async meet({ path = '/', fields = {} }: MeetingOptions = {}): Promise<Socket> {
    const socket = await this.#open(path, fields);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }

  /** Opens so many, one after the other. */
  async meetMany(count: number, options?: MeetingOptions): Promise<Socket[]> {
    const sockets: Socket[] = [];
    while (sockets.length < count) sockets.push(await this.meet(options));
    return sockets;
  }

  /** Makes a frame as the attacker's role sends it, with these octets behind the header. */
  frame(first: number, payload?: Buffer | string): Buffer {
    return this.#server === undefined ? clientFrame(first, payload) : serverFrame(first, payload);
  }

  /** Ends all that was begun. */
  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.victim.end();
    await this.#server?.end();
  }

  async #open(path: string, fields: Readonly<Record<string, string>>): Promise<Socket> {
    if (this.#server === undefined) return upgraded(this.victim.port, { path, fields });
    const next = this.#server.next();
    await this.victim.dial(this.#server.url(path));
    const arrival = await next;
    arrival.accept(fields);
    return arrival.socket;
  }
}
