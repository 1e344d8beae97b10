import { once } from 'node:events';
import { createServer } from 'node:net';
import { frame, readHeader } from './frames.js';
import { acceptKey } from './opening.js';
import { payload } from './payload.js';

/** How many messages pass between two whose content is looked at; every connection's first is. */
const SAMPLE = 1000;

/**
 * The server for workloads in which the library is the client: a raw one, that answers each message with a frame made
 * beforehand.
 */
export class ClientLoad {
  messages = 0;
  port;
  #order;
  #message;
  #frameLength;
  #answers;
  #isBroken;

  constructor(order) {
    this.#order = order;
    this.#message = payload(order.content, order.size);
    this.#frameLength = frame(order.type, this.#message, { masked: true }).length;
    // As many as can come in one read.
    this.#answers = Buffer.concat(
      Array.from({ length: order.inFlight }, () => frame(order.type, this.#message)),
    );
  }

  async listen(onBroken) {
    this.#isBroken = onBroken;
    const server = createServer({ noDelay: true }, (socket) => this.#serverOnConnection(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = server.address().port;
  }

  #serverOnConnection(socket) {
    socket.on('error', this.#isBroken);
    socket.once('data', (request) => {
      const key = /sec-websocket-key: *(\S+)/i.exec(request.toString('latin1'))[1];
      socket.write(
        [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Accept: ${acceptKey(key)}`,
          '\r\n',
        ].join('\r\n'),
      );
      this.#answer(socket);
    });
  }

  #answer(socket) {
    const answerLength = this.#answers.length / this.#order.inFlight;
    let partial = Buffer.alloc(0);
    let untilSample = 0;
    socket.on('data', (chunk) => {
      const octets = partial.length === 0 ? chunk : Buffer.concat([partial, chunk]);
      const count = Math.floor(octets.length / this.#frameLength);
      partial = octets.subarray(count * this.#frameLength);
      if (count === 0) return;
      untilSample -= count;
      if (untilSample < 0) {
        untilSample = SAMPLE;
        this.#check(octets.subarray(0, this.#frameLength));
      }
      this.messages += count;
      socket.write(this.#answers.subarray(0, count * answerLength));
    });
  }

  #check(framed) {
    const { isMasked, payloadStart } = readHeader(framed, 0);
    const key = framed.subarray(payloadStart, payloadStart + 4);
    const octets = framed.subarray(payloadStart + 4).map((octet, index) => octet ^ key[index & 3]);
    if (!isMasked || this.#message.compare(octets) !== 0) {
      this.#isBroken(new Error('the client sent something else'));
    }
  }
}
