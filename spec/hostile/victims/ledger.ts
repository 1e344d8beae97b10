import type { Facts } from './orders.js';

/** Counts what happens in a victim. */
export class Ledger {
  opened = 0;
  closed = 0;
  messages = 0;
  octets = 0;
  readonly #events = new Map<string, number>();

  note(event: string): void {
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
  }

  noteError(error: Error & { code?: unknown }): void {
    this.note(`error ${typeof error.code === 'string' ? error.code : error.message}`);
  }

  take(data: string | Buffer): void {
    this.messages += 1;
    this.octets += Buffer.byteLength(data);
  }

  facts(connections: number): Facts {
    globalThis.gc?.();
    const resources: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
    const { opened, closed, messages, octets } = this;
    const events = Object.fromEntries(this.#events);
    return {
      connections,
      opened,
      closed,
      messages,
      octets,
      events,
      heapUsed: process.memoryUsage().heapUsed,
      resources,
    };
  }
}

/** Is what the behaviour `slow` waits for. */
export function nap(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
