import { constants, createInflateRaw, inflateRawSync } from 'node:zlib';
import { answerPing, readHeader } from './frames.js';

const TAIL = Buffer.from('0000ffff', 'hex');
const NO_OCTETS = Buffer.alloc(0);

/** Echoes that were inflated and found right, so that their like need not be. */
let known = NO_OCTETS;

/** One connection that takes compressed echoes of one message. */
export class DeflateConnection {
  messages = 0;
  onMessage;

  #socket;
  #message;
  #onBroken;
  #rest = NO_OCTETS;
  #takesOver;
  /** Inflates what depends on what came before; on one connection, for that is costly. */
  #inflater;

  /** @param isSample whether echoes are inflated, where each depends on those before it */
  constructor(opened, message, isSample, onBroken) {
    this.#socket = opened.socket;
    this.#message = message;
    this.#onBroken = onBroken;
    this.#takesOver = !opened.extensions.includes('server_no_context_takeover');
    if (this.#takesOver && isSample) this.#inflater = this.#createInflater();
    opened.onOctets = (chunk) => this.#socketOnOctets(chunk);
    opened.onBroken = onBroken;
  }

  write(octets) {
    this.#socket.write(octets);
  }

  #socketOnOctets(chunk) {
    const octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (;;) {
      const header = readHeader(octets, start);
      if (header === undefined || header.payloadEnd > octets.length) break;
      const answer = answerPing(octets.subarray(start));
      if (answer !== undefined) this.#socket.write(answer.pong);
      else this.#take(header, octets.subarray(header.payloadStart, header.payloadEnd));
      start = header.payloadEnd;
    }
    // The chunk is valid only during this call.
    this.#rest = start === octets.length ? NO_OCTETS : Buffer.from(octets.subarray(start));
  }

  #take({ isCompressed }, compressed) {
    if (!isCompressed) this.#onBroken(new Error('an echo came back as it is'));
    if (!this.#takesOver && !compressed.equals(known)) this.#inflate(compressed);
    this.#inflater?.write(Buffer.concat([compressed, TAIL]));
    this.messages += 1;
    this.onMessage();
  }

  #inflate(compressed) {
    const finishFlush = constants.Z_SYNC_FLUSH;
    if (inflateRawSync(Buffer.concat([compressed, TAIL]), { finishFlush }).equals(this.#message)) {
      known = Buffer.from(compressed);
    } else {
      this.#onBroken(new Error('the echo inflates to something else'));
    }
  }

  #createInflater() {
    const message = this.#message;
    let position = 0;
    return createInflateRaw()
      .on('error', this.#onBroken)
      .on('data', (octets) => {
        for (let start = 0; start < octets.length;) {
          const count = Math.min(octets.length - start, message.length - position);
          if (message.compare(octets, start, start + count, position, position + count) !== 0) {
            this.#onBroken(new Error('the echo inflates to something else'));
          }
          start += count;
          position = (position + count) % message.length;
        }
      });
  }
}
