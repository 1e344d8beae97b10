import { openAll } from './opening.js';

/** Opens connections and leaves them alone. */
export class IdleLoad {
  messages = 0;
  #order;
  #opened = [];

  constructor(order) {
    this.#order = order;
  }

  async open(onBroken) {
    await openAll(this.#order.connections, { port: this.#order.port }, (opened) => {
      opened.onOctets = () => undefined;
      opened.onBroken = onBroken;
      this.#opened.push(opened);
    });
  }

  drain() {}
}
