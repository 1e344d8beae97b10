import { EchoConnection } from './echo-connection.js';
import { fragments, frame } from './frames.js';
import { OpenLoop } from './open-loop.js';
import { openAll } from './opening.js';
import { payload } from './payload.js';

const LONG_READS_FROM = 256 * 1024;

/**
 * Echo, closed loop: each connection sends a block of messages in one write, and again once all are back. With
 * `fragments`, each message in so many frames; with `segments`, each block in so many writes, a turn apart.
 */
export class EchoLoad {
  #order;
  #connections = [];
  #block;
  #expected;
  #isRunning = false;
  #whenDrained;
  #busy = 0;

  constructor(order) {
    this.#order = order;
    const { type, content, size, inFlight, fragments: pieces = 1 } = order;
    const octets = payload(content, size);
    const sent = Array.from({ length: inFlight }, () =>
      pieces > 1 ? Buffer.concat(fragments(type, octets, pieces)) : frame(type, octets, { masked: true }),
    );
    this.#block = Buffer.concat(sent);
    this.#expected = order.echoesVerbatim
      ? this.#block
      : Buffer.concat(Array.from({ length: inFlight }, () => frame(type, octets)));
  }

  async open(onBroken) {
    const { port, tls, connections, size } = this.#order;
    const reads = size >= LONG_READS_FROM ? 'long' : 'short';
    await openAll(connections, { port, tls, reads }, (opened) => {
      const connection = new EchoConnection(opened, this.#expected, onBroken);
      this.#connections.push(connection);
    });
  }

  start() {
    this.#isRunning = true;
    for (const connection of this.#connections) {
      connection.onBlock = () => this.#connectionOnBlock(connection);
      this.#busy += 1;
      this.#sendBlock(connection);
    }
  }

  /** Messages that came back; parts of large ones count as parts. */
  get messages() {
    const octets = this.#connections.reduce((sum, connection) => sum + connection.octets, 0);
    return (octets / this.#expected.length) * this.#order.inFlight;
  }

  /** Stops, and waits for what is under way. */
  async drain() {
    this.#isRunning = false;
    if (this.#busy > 0) await new Promise((resolve) => (this.#whenDrained = resolve));
  }

  /** Measures how long blocks take at a fixed rate of messages; nothing else may be under way. */
  latency({ rate, ms }) {
    const loop = new OpenLoop({
      rate: rate / this.#order.inFlight,
      ms,
      connections: this.#connections.length,
      send: (index) => this.#connections[index].write(this.#block),
    });
    this.#connections.forEach((connection, index) => {
      connection.onBlock = () => loop.received(index);
    });
    return loop.run();
  }

  #connectionOnBlock(connection) {
    if (this.#isRunning) {
      this.#sendBlock(connection);
      return;
    }
    this.#busy -= 1;
    if (this.#busy === 0) this.#whenDrained?.();
  }

  #sendBlock(connection) {
    const { segments = 1 } = this.#order;
    if (segments === 1) connection.write(this.#block);
    else void this.#sendSegments(connection, segments);
  }

  async #sendSegments(connection, count) {
    const cut = (index) => Math.floor((this.#block.length * index) / count);
    for (let index = 0; index < count; index++) {
      connection.write(this.#block.subarray(cut(index), cut(index + 1)));
      await new Promise(setImmediate);
    }
  }
}
