import { Companion } from './companion.js';
import type { Library } from './library.js';
import type { Facts, Orders } from './victims/orders.js';

/** Is a process with connections of some library, which is attacked. */
export class Victim extends Companion {
  /** Port that it listens on, on 127.0.0.1. */
  port = 0;

  private constructor(library: Library, orders: Orders, nodeArguments: readonly string[]) {
    super(`victims/${library.name}`, { ...orders, library }, nodeArguments, orders);
  }

  /** Starts a process that listens. */
  static async listen(
    library: Library,
    orders: Orders,
    nodeArguments: readonly string[] = [],
  ): Promise<Victim> {
    const victim = await Victim.start(library, orders, nodeArguments);
    victim.port = await victim.ask<number>('listen');
    return victim;
  }

  /** Starts a process that does nothing yet; {@link Victim.dial} makes connections. */
  static async start(
    library: Library,
    orders: Orders,
    nodeArguments: readonly string[] = [],
  ): Promise<Victim> {
    const victim = new Victim(library, orders, nodeArguments);
    await victim.ask('facts');
    return victim;
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.port)}/`;
  }

  facts(): Promise<Facts> {
    return this.ask<Facts>('facts');
  }

  /** Lets it connect as a client; tells at once, what comes of it is in {@link Victim.facts}. */
  dial(url: string, options: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.ask('dial', { url, options });
  }

  /** Asks for the facts until they are as wanted; gives the last ones when they are not in time. */
  async factsOnce(wanted: (facts: Facts) => boolean, timeoutMs = 10_000): Promise<Facts> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const facts = await this.facts();
      if (wanted(facts) || performance.now() > end) return facts;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
