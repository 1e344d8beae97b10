import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

let networks = 0;

/** Is a network of two hosts on one cable: this process here, and a namespace there. Needs root. */
export class Network {
  /** Addresses of the two ends: those of RFC 2544, which are nobody's. */
  readonly here: string;
  readonly there: string;
  readonly #name: string;
  readonly #device: string;

  private constructor(number: number) {
    this.#name = `hawser-${String(process.pid)}-${String(number)}`;
    // Names of devices have 15 octets at most.
    this.#device = `hw${process.pid.toString(36)}-${number.toString(36)}`;
    // A /30 of its own for each, so that specs may run side by side.
    const block = (process.pid * 16 + number) % 0x4000;
    const prefix = `198.${String(18 + (block >> 13))}.${String((block >> 5) & 0xff)}`;
    const base = (block & 0x1f) * 8;
    this.here = `${prefix}.${String(base + 1)}`;
    this.there = `${prefix}.${String(base + 2)}`;
  }

  /** @throws with what the system says when it lets nobody do that: everything is undone then. */
  static async create(): Promise<Network> {
    networks += 1;
    const network = new Network(networks);
    const name = network.#name;
    const device = network.#device;
    try {
      await ip('netns', 'add', name);
      await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'cable', 'netns', name);
      await ip('address', 'add', `${network.here}/30`, 'dev', device);
      await ip('link', 'set', device, 'up');
      await ip('-n', name, 'address', 'add', `${network.there}/30`, 'dev', 'cable');
      await ip('-n', name, 'link', 'set', 'cable', 'up');
      await ip('-n', name, 'link', 'set', 'lo', 'up');
    } catch (error) {
      await network.remove();
      throw error;
    }
    return network;
  }

  /** Gives the command that runs another one over there. */
  commandThere(...command: readonly string[]): [file: string, args: string[]] {
    return ['ip', ['netns', 'exec', this.#name, ...command]];
  }

  /** Loses all octets from now on, both ways, and tells nobody. */
  async fallSilent(): Promise<void> {
    await this.#filter('drop');
  }

  /** Loses one TCP segment of so many, by chance, both ways. */
  async lose(oneOf: number): Promise<void> {
    await this.#filter(`meta l4proto tcp numgen random mod ${String(oneOf)} 0 drop`);
  }

  /** Lets so many bits pass in a second on the way there. */
  async slowDown(bitsPerSecond: number): Promise<void> {
    const rate = ['tbf', 'rate', `${String(bitsPerSecond)}bit`, 'burst', '16kb', 'latency', '400ms'];
    await run('tc', ['qdisc', 'add', 'dev', this.#device, 'root', ...rate]);
  }

  /** Takes all of it away; never throws. */
  async remove(): Promise<void> {
    await ip('link', 'delete', this.#device).catch(() => undefined);
    await ip('netns', 'delete', this.#name).catch(() => undefined);
  }

  async #filter(rule: string): Promise<void> {
    const chains = ['input', 'output'].map(
      (hook) => `chain ${hook} { type filter hook ${hook} priority 0; ${rule}; }`,
    );
    await run(...this.commandThere('nft', `table inet faults { \n${chains.join('\n')}\n}`));
  }
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}
