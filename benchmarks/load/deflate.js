import { constants, deflateRawSync } from 'node:zlib';
import { DeflateConnection } from './deflate-connection.js';
import { frame } from './frames.js';
import { openAll } from './opening.js';
import { payload } from './payload.js';

const TAIL_LENGTH = 4;

/** Compresses a message as RFC 7692 §7.2.1 has it. */
function compress(octets) {
  return deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL_LENGTH);
}

/** Echo of compressed messages, closed loop; what comes back is inflated, or known to be what was inflated before. */
export class DeflateLoad {
  #order;
  #connections = [];
  #message;
  #block;
  #isRunning = false;
  #busy = 0;
  #whenDrained;

  constructor(order) {
    this.#order = order;
    this.#message = payload(order.content, order.size);
    const compressed = compress(this.#message);
    this.#block = Buffer.concat(
      Array.from({ length: order.inFlight }, () =>
        frame(order.type, compressed, { masked: true, compressed: true }),
      ),
    );
  }

  async open(onBroken) {
    const { port, connections } = this.#order;
    await openAll(connections, { port, extensions: 'permessage-deflate' }, (opened, index) => {
      if (!opened.extensions.includes('permessage-deflate')) throw new Error('the server does not compress');
      const connection = new DeflateConnection(opened, this.#message, index === 0, onBroken);
      let due = this.#order.inFlight;
      connection.onMessage = () => {
        due -= 1;
        if (due > 0) return;
        due = this.#order.inFlight;
        this.#connectionOnBlock(connection);
      };
      this.#connections.push(connection);
    });
  }

  start() {
    this.#isRunning = true;
    for (const connection of this.#connections) {
      this.#busy += 1;
      connection.write(this.#block);
    }
  }

  get messages() {
    return this.#connections.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Stops, and waits for what is under way. */
  async drain() {
    this.#isRunning = false;
    if (this.#busy > 0) await new Promise((resolve) => (this.#whenDrained = resolve));
  }

  #connectionOnBlock(connection) {
    if (this.#isRunning) {
      connection.write(this.#block);
      return;
    }
    this.#busy -= 1;
    if (this.#busy === 0) this.#whenDrained?.();
  }
}
