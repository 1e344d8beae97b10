import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Schedule } from './schedule.js';

/** Turns of the event loop between octets that leave one by one: enough for each to arrive alone. */
const DRIP_TURNS = 1;

/** Passes one connection on to a server, and does to its octets what a schedule says. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ended = new AbortController();
  /** What was done, as it happened: for the report of a failure. */
  readonly journal: string[] = [];

  private constructor(port: number, faults: Schedule['faults']) {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      // One connection for each schedule: what comes later meets a closed door.
      this.#server.close();
      const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      for (const socket of [client, server]) this.#adopt(socket);
      void this.#pass('client', client, server, faults.client);
      void this.#pass('server', server, client, faults.server);
    });
  }

  static async start(port: number, faults: Schedule['faults']): Promise<FaultProxy> {
    const proxy = new FaultProxy(port, faults);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends what is left. */
  async end(): Promise<void> {
    this.#ended.abort();
    const open = [...this.#sockets];
    const gone = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of open) socket.destroy();
    await Promise.all(gone);
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #adopt(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Passes one direction on; returns when it has ended, in whatever way. */
  async #pass(name: string, from: Socket, to: Socket, faults: readonly Fault[]): Promise<void> {
    const lane = new Lane(to, faults, this.#ended.signal, (fault) =>
      this.journal.push(`${name} ${JSON.stringify(fault)}`),
    );
    try {
      for await (const chunk of from) {
        const verdict = await lane.pass(chunk as Buffer);
        if (verdict === 'reset') {
          from.resetAndDestroy();
          to.resetAndDestroy();
        }
        if (verdict === 'silence') await this.#forever();
        if (verdict === 'half-close') to.end();
      }
      lane.flush();
      to.end();
    } catch {
      // Gone in the middle of something: the other side learns it in the same way.
      if (!this.#ended.signal.aborted) to.resetAndDestroy();
    }
  }

  #forever(): Promise<never> {
    return new Promise((_resolve, reject) =>
      this.#ended.signal.addEventListener('abort', () => reject(new Error('the trial is over'))),
    );
  }
}

type Verdict = 'go on' | 'reset' | 'silence' | 'half-close';

/** Writes the octets of one direction, with its faults. */
class Lane {
  readonly #to: Socket;
  readonly #faults: Fault[];
  readonly #signal: AbortSignal;
  readonly #tell: (fault: Fault) => void;
  /** Offset of the next octet. */
  #at = 0;
  #isLost = false;
  #gathered: Buffer[] = [];
  #gatherUntil = 0;
  #gatherTimer: NodeJS.Timeout | undefined;

  constructor(to: Socket, faults: readonly Fault[], signal: AbortSignal, tell: (fault: Fault) => void) {
    this.#to = to;
    this.#faults = [...faults];
    this.#signal = signal;
    this.#tell = tell;
    signal.addEventListener('abort', () => clearTimeout(this.#gatherTimer));
  }

  async pass(chunk: Buffer): Promise<Verdict> {
    let rest = chunk;
    while (this.#faults.length > 0 && this.#faults[0]!.at <= this.#at + rest.length) {
      const fault = this.#faults.shift()!;
      const cut = Math.max(0, fault.at - this.#at);
      // A fault at the end of what is here strikes what comes next.
      if (cut === rest.length && 'xor' in fault) {
        this.#faults.unshift(fault);
        break;
      }
      await this.#write(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      this.#tell(fault);
      switch (fault.kind) {
        case 'split':
          await turns(DRIP_TURNS);
          break;
        case 'drip':
          for (const octet of rest.subarray(0, fault.count)) {
            await this.#write(Buffer.of(octet));
            await turns(DRIP_TURNS);
          }
          rest = rest.subarray(fault.count);
          break;
        case 'coalesce':
          this.#gather(fault.count, fault.ms);
          break;
        case 'delay':
          this.#gather(Infinity, fault.ms);
          break;
        case 'stall':
          await sleep(fault.ms, undefined, { signal: this.#signal });
          break;
        case 'corrupt':
          rest = Buffer.from(rest);
          rest[0]! ^= fault.xor;
          break;
        case 'half-close':
          this.flush();
          this.#isLost = true;
          return 'half-close';
        default:
          this.flush();
          return fault.kind;
      }
    }
    await this.#write(rest);
    return 'go on';
  }

  async #write(octets: Buffer): Promise<void> {
    this.#at += octets.length;
    if (octets.length === 0 || this.#isLost) return;
    if (this.#at <= this.#gatherUntil) {
      this.#gathered.push(octets);
      return;
    }
    this.flush();
    if (!this.#to.write(octets)) await once(this.#to, 'drain', { signal: this.#signal });
  }

  #gather(count: number, ms: number): void {
    this.#gatherUntil = this.#at + count;
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = setTimeout(() => this.flush(), ms);
  }

  /** Lets go of what waits. */
  flush(): void {
    clearTimeout(this.#gatherTimer);
    this.#gatherUntil = 0;
    if (this.#gathered.length > 0 && this.#to.writable) this.#to.write(Buffer.concat(this.#gathered));
    this.#gathered = [];
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
