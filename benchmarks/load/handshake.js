import { closeFrame } from './frames.js';
import { open } from './opening.js';

/**
 * Handshakes, one after the other on each of so many sockets: opens, and ends the socket; with `closes` after the
 * closing handshake.
 */
export class HandshakeLoad {
  messages = 0;
  #order;
  #isRunning = false;
  #onBroken;
  #loops = [];

  constructor(order) {
    this.#order = order;
  }

  open(onBroken) {
    this.#onBroken = onBroken;
  }

  start() {
    this.#isRunning = true;
    this.#loops = Array.from({ length: this.#order.connections }, () => this.#repeat().catch(this.#onBroken));
  }

  /** Stops, and waits for what is under way. */
  async drain() {
    this.#isRunning = false;
    await Promise.all(this.#loops);
  }

  async #repeat() {
    while (this.#isRunning) {
      const opened = await open({ port: this.#order.port });
      const { socket } = opened;
      opened.onOctets = () => undefined;
      const gone = new Promise((resolve) => (opened.onBroken = resolve));
      // With a Close frame, it is the server that ends the socket first (RFC 6455 §7.1.1).
      if (this.#order.closes) socket.write(closeFrame());
      else socket.end();
      await gone;
      this.messages += 1;
    }
  }
}
