import { EchoConnection } from './echo-connection.js';
import { frame } from './frames.js';
import { openAll } from './opening.js';
import { payload } from './payload.js';

/**
 * Broadcast, closed loop: the first connection sends a block of messages in one write, and again once every connection
 * has got them all.
 */
export class BroadcastLoad {
  #order;
  #connections = [];
  #block;
  #expected;
  #due = 0;
  #isRunning = false;
  #whenDrained;

  constructor(order) {
    this.#order = order;
    const octets = payload(order.content, order.size);
    const block = (options) =>
      Buffer.concat(Array.from({ length: order.inFlight }, () => frame(order.type, octets, options)));
    this.#block = block({ masked: true });
    this.#expected = block({});
  }

  async open(onBroken) {
    await openAll(this.#order.connections, { port: this.#order.port }, (opened) => {
      const connection = new EchoConnection(opened, this.#expected, onBroken);
      connection.onBlock = () => this.#connectionOnBlock();
      this.#connections.push(connection);
    });
  }

  start() {
    this.#isRunning = true;
    this.#sendBlock();
  }

  /** Messages delivered: one broadcast to a thousand counts as a thousand. */
  get messages() {
    const octets = this.#connections.reduce((sum, connection) => sum + connection.octets, 0);
    return (octets / this.#expected.length) * this.#order.inFlight;
  }

  async drain() {
    this.#isRunning = false;
    if (this.#due > 0) await new Promise((resolve) => (this.#whenDrained = resolve));
  }

  #sendBlock() {
    this.#due = this.#connections.length;
    this.#connections[0].write(this.#block);
  }

  #connectionOnBlock() {
    this.#due -= 1;
    if (this.#due > 0) return;
    if (this.#isRunning) this.#sendBlock();
    else this.#whenDrained?.();
  }
}
