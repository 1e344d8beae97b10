import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import fc from 'fast-check';
import { readFrames } from '../conformance/oracle/sent-frames.js';
import { turn } from '../turns.js';
import { dialectOf } from './differences.js';
import { chunksOf } from './outcome.js';
import { recipes, streamOf, type RandomStream } from './random-stream.js';
import { decode, type Dialect } from './reference-model.js';

const STREAMS = 300;
const SEED = 6455;
/** Milliseconds after which a client that has not closed is given up. */
const PATIENCE_MS = 5_000;
/** Octets that are sent behind the end of a stream: past 16 KiB behind a Close undici reads no further and stays. */
const BEHIND = 100;

type WebSocketClass = typeof globalThis.WebSocket;

const require = createRequire(import.meta.url);
const undici = require('undici') as { readonly WebSocket: WebSocketClass };

/** Is the standard's reading of text: the decoder drops a byte order mark (Encoding, §6: UTF-8 decode). */
const DIALECT: Dialect = { ...dialectOf('undici'), dropsMarkOfText: true };

/** Answers an opening handshake, and then sends nothing but octets. */
async function accept(socket: Socket): Promise<void> {
  let head = '';
  while (!head.includes('\r\n\r\n')) head += String((await once(socket, 'data'))[0]);
  const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!;
  const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
  );
}

/**
 * Says what the standard's events and the pongs have to be, by the model. Behind a wrong text, of which the parser does
 * not know, it goes on with the chunk: only what comes before is compared then.
 */
function promised({ octets, options }: RandomStream): string[] {
  const { events, end } = decode(octets, options, DIALECT);
  const messages = events.filter((event) => /^(?:text|binary)/.test(event));
  const pongs = events
    .filter((event) => event.startsWith('ping'))
    .map((event) => event.replace('ping', 'pong'));
  if (end === 'fail 1007') return messages;
  const [kind, code, reason = ''] = end.split(' ');
  const isClean = kind === 'close';
  return [...messages, isClean ? `close ${code} ${reason} true` : 'close 1006  false', ...pongs];
}

describe('random streams: the WebSocket of Node and the model by the letter, with the differences of undici', () => {
  let server: Server;
  let connected: (socket: Socket) => void;
  before(async () => {
    server = createServer((socket) => connected(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after((done) => void server.close(done));

  async function play(WebSocket: WebSocketClass, stream: RandomStream): Promise<string[]> {
    const accepted = new Promise<Socket>((resolve) => (connected = resolve));
    const { port } = server.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    client.binaryType = 'arraybuffer';
    const seen: string[] = [];
    client.addEventListener('message', (event) => {
      const data = event.data as string | ArrayBuffer;
      seen.push(
        `${typeof data === 'string' ? 'text' : 'binary'} ${Buffer.from(data as string).toString('hex')}`,
      );
    });
    const closed = new Promise<void>((resolve) => {
      client.addEventListener('close', ({ code, reason, wasClean }) => {
        seen.push(`close ${code} ${Buffer.from(reason).toString('hex')} ${wasClean}`);
        resolve();
      });
    });
    const socket = await accepted;
    socket.on('error', () => undefined);
    await accept(socket);
    const answered: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answered.push(chunk));
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const { at } = decode(stream.octets, stream.options, DIALECT);
    const octets = at === 0 ? stream.octets : stream.octets.subarray(0, at + BEHIND);
    const cuts = stream.cuts.filter((cut) => cut < octets.length).slice(0, 20);
    for (const chunk of chunksOf(octets, cuts)) {
      if (socket.writable) socket.write(chunk);
      await turn();
    }
    socket.end();
    const patience = setTimeout(() => socket.destroy(new Error('the client did not close')), PATIENCE_MS);
    await Promise.all([closed, gone]);
    clearTimeout(patience);
    const pongs = readFrames(Buffer.concat(answered)).filter(({ opcode }) => opcode === 10);
    return [...seen, ...pongs.map(({ payload }) => `pong ${payload.toString('hex')}`)];
  }

  const classes = { 'of undici': undici.WebSocket, 'of Node': globalThis.WebSocket };
  for (const [name, WebSocket] of Object.entries(classes)) {
    // Node has one of its own from 22 on.
    if (WebSocket === undefined) continue;
    it(`agree on ${STREAMS} streams of seed ${SEED}: the WebSocket ${name}`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(recipes, async (recipe) => {
          const stream = streamOf({ ...recipe, role: 'client', maxMessageBytes: Infinity });
          const seen = await play(WebSocket, stream);
          const wanted = promised(stream);
          const isWrongText = decode(stream.octets, stream.options, DIALECT).end === 'fail 1007';
          expect(isWrongText ? seen.slice(0, wanted.length) : seen).to.deep.equal(wanted);
        }),
        { numRuns: STREAMS, seed: SEED },
      );
    });
  }
});
