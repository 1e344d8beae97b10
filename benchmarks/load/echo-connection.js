import { answerPing } from './frames.js';

/**
 * One connection that sends frames made beforehand and compares what comes back, octet by octet, with what is expected:
 * the same block again and again.
 */
export class EchoConnection {
  /** Octets that came back. */
  octets = 0;
  /** Called each time a block is back as a whole. */
  onBlock;

  #socket;
  #expected;
  #position = 0;
  #onBroken;

  constructor(opened, expected, onBroken) {
    this.#socket = opened.socket;
    this.#expected = expected;
    this.#onBroken = onBroken;
    opened.onOctets = (chunk) => this.#socketOnOctets(chunk);
    opened.onBroken = onBroken;
  }

  write(octets) {
    this.#socket.write(octets);
  }

  #socketOnOctets(chunk) {
    const expected = this.#expected;
    let start = this.#position === 0 ? this.#answerPing(chunk) : 0;
    while (start < chunk.length) {
      const count = Math.min(chunk.length - start, expected.length - this.#position);
      if (expected.compare(chunk, start, start + count, this.#position, this.#position + count) !== 0) {
        this.#onBroken(new Error('the echo differs from what was sent'));
        return;
      }
      start += count;
      this.#position += count;
      this.octets += count;
      if (this.#position < expected.length) continue;
      this.#position = 0;
      this.onBlock();
    }
  }

  /** Answers a ping at the start of a chunk: there may be one after a silence. @returns how many octets it took */
  #answerPing(chunk) {
    const answer = answerPing(chunk);
    if (answer === undefined) return 0;
    this.#socket.write(answer.pong);
    return answer.length;
  }
}
