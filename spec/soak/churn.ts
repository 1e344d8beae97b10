import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import {
  HandshakeError,
  ServerRegistry,
  WebSocketClient,
  type Connection,
  type WebSocketServer,
} from '../../lib/index.js';
import { Chance } from '../chance.js';

/** Ends that a connection may have: whose, and how. */
const ENDS = [
  ...['client close', 'client close', 'client end', 'client terminate', 'client destroy', 'client reset'],
  ...['server close', 'server end', 'server terminate', 'server destroy', 'server throw'],
  ...['client midway', 'server midway'],
] as const;
type End = (typeof ENDS)[number];

const LONGEST = 64 * 1024;
const NOISE = new Chance(1).octets(2 * LONGEST);
const PROSE = Array.from({ length: LONGEST / 16 }, (_, line) => `line ${String(line).padStart(9)} ⚓\n`).join(
  '',
);

/** Counts what was done, and what was wrong. */
export interface Counts {
  connections: number;
  refused: number;
  messages: number;
  octets: number;
  /** What arrived that was not what was sent, or ended as it must not. */
  readonly wrong: string[];
}

/**
 * Opens connections within this process, so many at a time, exchanges messages on them that bear numbers and checksums,
 * and ends them in every way there is, until it is told to stop.
 */
export class Churn {
  readonly counts: Counts = { connections: 0, refused: 0, messages: 0, octets: 0, wrong: [] };
  readonly #registry: ServerRegistry;
  readonly #url: string;
  readonly #onOver: () => void;
  #isStopped = false;

  private constructor(registry: ServerRegistry, onOver: () => void) {
    this.#registry = registry;
    this.#url = `ws://127.0.0.1:${String((registry.address() as AddressInfo).port)}`;
    this.#onOver = onOver;
  }

  /** @param onOver - is called with each connection that is over. */
  static async start(onOver: () => void = () => undefined): Promise<Churn> {
    const registry = await ServerRegistry.listen({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: true,
      maxConnectionsPerAddress: 10_000,
      authorize: (request) => request.url !== '/refused',
    });
    registry.on('connection', serve);
    return new Churn(registry, onOver);
  }

  /** How many connections are open at the server. */
  get size(): number {
    return this.#registry.size;
  }

  /** Keeps so many connections busy until {@link Churn.stop}. */
  async run(atOnce: number, seed: number): Promise<void> {
    const lanes = Array.from({ length: atOnce }, async (_, lane) => {
      const chance = new Chance(seed + lane);
      while (!this.#isStopped) await this.#connect(chance);
    });
    await Promise.all(lanes);
  }

  /** Lets what is open come to its end. */
  stop(): void {
    this.#isStopped = true;
  }

  async close(): Promise<void> {
    await this.#registry.close();
  }

  async #connect(chance: Chance): Promise<void> {
    if (chance.oneIn(25)) {
      await this.#beRefused();
      return;
    }
    const perMessageDeflate = chance.pick([
      false,
      true,
      { threshold: 64, clientNoContextTakeover: false },
    ] as const);
    const client = await WebSocketClient.open(`${this.#url}/`, { perMessageDeflate, closeTimeoutMs: 2_000 });
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const end = chance.pick(ENDS);
    await this.#converse(client, chance, end, closed);
    finish(client, end);
    await closed;
    this.counts.connections += 1;
    this.#onOver();
  }

  async #beRefused(): Promise<void> {
    try {
      await WebSocketClient.open(`${this.#url}/refused`);
      this.counts.wrong.push('a request was not refused');
    } catch (error) {
      if (!(error instanceof HandshakeError)) this.counts.wrong.push(String(error));
      this.counts.refused += 1;
    }
  }

  /** Sends messages and waits for their echoes, unless it is to end before. */
  async #converse(client: WebSocketClient, chance: Chance, end: End, closed: Promise<void>): Promise<void> {
    const count = chance.oneIn(8) ? 0 : chance.magnitude(1, 40);
    let sent = 0;
    let received = 0;
    let echoed = (): void => undefined;
    const allEchoed = new Promise<void>((resolve) => (echoed = resolve));
    client.on('error', () => undefined);
    client.on('message', (data) => {
      const octets = Buffer.from(data as Buffer);
      const wrong = judge(octets, received);
      if (wrong !== undefined) this.counts.wrong.push(wrong);
      received += 1;
      this.counts.messages += 1;
      this.counts.octets += octets.length;
      if (received === count) echoed();
    });
    for (; sent < count && client.state === 'CONNECTED'; sent++) {
      const { data, fragments } = compose(chance, sent);
      const type = typeof data === 'string' ? 'text' : 'binary';
      const size = Math.ceil(data.length / fragments);
      const cut = (from: number, to: number) =>
        typeof data === 'string' ? data.slice(from, to) : data.subarray(from, to);
      for (let part = 1; part <= fragments; part++)
        client.send(type, cut((part - 1) * size, part * size), part === fragments);
      if (chance.oneIn(4)) await turn();
    }
    if (count === 0 || end.endsWith('midway')) return;
    await Promise.race([allEchoed, closed]);
    if (received !== count) this.counts.wrong.push(`${String(received)} of ${String(count)} echoed`);
  }
}

/** Begins the end from the side it is up to. */
function finish(client: WebSocketClient, end: End): void {
  const [side, how] = end.split(' ') as [string, string];
  if (side === 'client') endBy(client, how);
  else client.send('text', `please ${how}`);
}

/** Echoes; ends when it is asked to. */
function serve(connection: WebSocketServer): void {
  connection.on('message', (data, isBinary) => {
    if (typeof data === 'string' && data.startsWith('please ')) endBy(connection, data.slice(7));
    else connection.send(isBinary ? 'binary' : 'text', data);
  });
}

function endBy(connection: Connection, how: string): void {
  switch (how) {
    case 'terminate':
      connection.terminate();
      return;
    case 'destroy':
      connection.destroy();
      return;
    case 'reset':
      connection.destroy(new Error('on purpose'));
      return;
    case 'end':
      connection.end();
      return;
    case 'throw':
      throw new Error('on purpose');
    default:
      connection.close(1000, how);
  }
}

/** Makes a message that tells its number and checksum. */
function compose(chance: Chance, number: number): { data: string | Buffer; fragments: number } {
  const length = chance.magnitude(1, chance.oneIn(20) ? LONGEST : 4_000);
  const fragments = chance.oneIn(5) ? chance.between(2, 5) : 1;
  if (chance.oneIn(2)) {
    const body = PROSE.slice(0, length);
    return { data: `${String(number)} ${String(crc32(body))} ${body}`, fragments };
  }
  const from = chance.between(0, LONGEST);
  const body = NOISE.subarray(from, from + length);
  return { data: Buffer.concat([Buffer.from(`${String(number)} ${String(crc32(body))} `), body]), fragments };
}

/** Tells what is wrong with a message, if anything is. */
function judge(octets: Buffer, wanted: number): string | undefined {
  const behindNumber = octets.indexOf(' ');
  const behindSum = octets.indexOf(' ', behindNumber + 1);
  const number = Number(octets.toString('latin1', 0, behindNumber));
  const sum = Number(octets.toString('latin1', behindNumber + 1, behindSum));
  if (number !== wanted) return `message ${String(number)} in place of ${String(wanted)}`;
  return crc32(octets.subarray(behindSum + 1)) === sum
    ? undefined
    : `message ${String(number)} is not intact`;
}
