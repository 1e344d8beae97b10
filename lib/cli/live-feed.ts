import type { HandlerArguments, ServerRegistry } from '../index.js';

const INTERVAL_MS = 1_000;

/** Sends a text to all connections of one path, every second while there are any. */
export class LiveFeed {
  readonly #registry: ServerRegistry;
  readonly #path: string;
  readonly #render: () => string;
  #listeners = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param path - live path whose connections are fed.
   * @param render - makes the text; called once for all of them.
   */
  constructor(registry: ServerRegistry, path: string, render: () => string) {
    this.#registry = registry;
    this.#path = path;
    this.#render = render;
  }

  /** Handles the connections of the path; what they send is ignored. */
  readonly handler = (...[connection, type]: HandlerArguments): void => {
    if (type === 'connect') {
      this.#listeners++;
      this.#timer ??= setInterval(() => this.#tick(), INTERVAL_MS);
      connection.send('text', this.#render());
    } else if (type === 'disconnect') {
      this.#listeners--;
      if (this.#listeners > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  };

  #tick(): void {
    this.#registry.broadcast('text', this.#render(), { path: this.#path });
  }
}
