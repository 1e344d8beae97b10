import { answerPing } from './frames.js';
import { openAll } from './opening.js';

/** Opens connections and leaves them alone, but for answers to pings. */
export class IdleLoad {
  messages = 0;
  #order;
  #opened = [];

  constructor(order) {
    this.#order = order;
  }

  async open(onBroken) {
    await openAll(this.#order.connections, { port: this.#order.port }, (opened) => {
      opened.onOctets = (chunk) => {
        const answer = answerPing(chunk);
        if (answer !== undefined) opened.socket.write(answer.pong);
      };
      opened.onBroken = onBroken;
      this.#opened.push(opened);
    });
  }
}
