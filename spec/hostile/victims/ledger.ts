import type { Facts } from './orders.js';

/** Counts what happens in a victim. */
export class Ledger {
  opened = 0;
  closed = 0;
  messages = 0;
  octets = 0;
  readonly #events = new Map<string, number>();

  /** Begins the account of one connection: it may close once, and have one error. */
  open(): Account {
    this.opened += 1;
    return new Account(this);
  }

  note(event: string): void {
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
  }

  take(data: string | Buffer): void {
    this.messages += 1;
    this.octets += Buffer.byteLength(data);
  }

  facts(connections: number): Facts {
    globalThis.gc?.();
    const resources: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
    const inherited: string[] = [];
    for (const name in {}) inherited.push(name);
    const { opened, closed, messages, octets } = this;
    const events = Object.fromEntries(this.#events);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      connections,
      inherited,
      opened,
      closed,
      messages,
      octets,
      events,
      heapUsed,
      held: heapUsed + arrayBuffers,
      cpuMs: (user + system) / 1000,
      resources,
    };
  }
}

/** Notes how one connection ends, and whether it does so more than once. */
export class Account {
  readonly #ledger: Ledger;
  #errors = 0;
  #closes = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  error(error: Error & { code?: unknown; statusCode?: unknown; body?: unknown }): void {
    this.#ledger.note(`error ${typeof error.code === 'string' ? error.code : error.message}`);
    if (error.body instanceof Uint8Array)
      this.#ledger.note(`answer ${String(error.statusCode)}, ${error.body.length} octets`);
    this.#errors += 1;
    if (this.#errors > 1) this.#ledger.note('error again');
  }

  close(code: number): void {
    this.#ledger.note(`close ${code}`);
    this.#closes += 1;
    if (this.#closes > 1) this.#ledger.note('close again');
    else this.#ledger.closed += 1;
  }
}

/** Is what the behaviour `slow` waits for. */
export function nap(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
