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
    let start = 0;
    while (start < chunk.length) {
      let count = Math.min(chunk.length - start, expected.length - this.#position);
      const isEqual =
        expected.compare(chunk, start, start + count, this.#position, this.#position + count) === 0;
      let ping;
      if (!isEqual) {
        count = this.#countEqual(chunk, start);
        // A server may look whether a client is there that was silent for a while.
        ping = answerPing(chunk.subarray(start + count));
        if (ping === undefined) {
          this.#onBroken(new Error('the echo differs from what was sent'));
          return;
        }
        this.#socket.write(ping.pong);
      }
      start += count + (ping?.length ?? 0);
      this.#position += count;
      this.octets += count;
      if (this.#position < expected.length) continue;
      this.#position = 0;
      this.onBlock();
    }
  }

  /** Counts octets that are as expected, up to the first that is not. */
  #countEqual(chunk, start) {
    let count = 0;
    while (chunk[start + count] === this.#expected[this.#position + count]) count += 1;
    return count;
  }
}
