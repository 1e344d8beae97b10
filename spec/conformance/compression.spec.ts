import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import {
  ServerRegistry,
  WebSocketClient,
  type Connection,
  type PerMessageDeflateOptions,
} from '../../lib/index.js';
import { noise } from '../protocol/wire.js';
import { CompressingPeer, field, openingRequest, openingResponse, readHead } from './compressing-peer.js';

/*
 * Compressed messages of many sizes, kinds and shapes, echoed over real sockets, with every set of parameters: what
 * sections 12 and 13 of the field's conformance suite are about. The other end is made of zlib's streams.
 */

const KiB = 1024;

/** Is how messages are sent: their length, how many of them, and the length of the frames they are cut into. */
interface Shape {
  readonly length: number;
  readonly count: number;
  readonly frameLength: number;
}

const SHAPES: readonly Shape[] = [
  ...[16, 64, 256, KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB].map((length) => ({
    length,
    count: Math.max(2, Math.min(20, (64 * KiB) / length)),
    frameLength: Infinity,
  })),
  ...[256, KiB, 4 * KiB, 32 * KiB].map((frameLength) => ({ length: 8 * KiB, count: 4, frameLength })),
  ...[256, KiB, 4 * KiB, 32 * KiB].map((frameLength) => ({ length: 128 * KiB, count: 2, frameLength })),
];

/** Is a kind of messages; the octets are the same in every run. */
interface Kind {
  readonly name: string;
  readonly isText: boolean;
  /** @default true */
  readonly getsShorter?: boolean;
  readonly make: (length: number, index: number) => Buffer;
}

const WORDS = 'the heavy line that keeps a ship made fast: long-lived, under load, watched —'.split(' ');

function repeated(piece: (index: number) => string, length: number): Buffer {
  const pieces: Buffer[] = [];
  for (let i = 0, bytes = 0; bytes < length; i++) {
    const next = Buffer.from(piece(i));
    pieces.push(next);
    bytes += next.length;
  }
  const octets = Buffer.concat(pieces).subarray(0, length);
  // Cut at a character, and filled up.
  let end = length;
  while (end > 0 && !isUtf8(octets.subarray(0, end))) end -= 1;
  return octets.fill('.', end);
}

const KINDS: readonly Kind[] = [
  {
    name: 'JSON',
    isText: true,
    make: (length, index) =>
      repeated((i) => `{"id":${i * 7 + index},"name":"peer ${i % 13}","ok":${i % 3 === 0}},`, length),
  },
  {
    name: 'prose',
    isText: true,
    make: (length, index) => repeated((i) => `${WORDS[(i * i + index) % WORDS.length]!} `, length),
  },
  {
    name: 'text beyond ASCII',
    isText: true,
    make: (length, index) =>
      repeated((i) => `Grüße ${'àéîõü€漢字👋'.slice(0, 1 + ((i + index) % 9))} `, length),
  },
  {
    name: 'a picture',
    isText: false,
    make: (length, index) =>
      Buffer.from(Array.from({ length }, (_, i) => ((i % 512) / 2 + index + i / 4096) & 0xff)),
  },
  {
    name: 'noise',
    isText: false,
    getsShorter: false,
    make: (length, index) => noise(length + index).subarray(index),
  },
];

/** Lists sets of parameters: what a client offers, and what a server may answer to an offer of ours. */
const PARAMETERS: readonly { readonly offer: string; readonly response: string }[] = [
  { offer: '', response: '' },
  { offer: '; client_max_window_bits', response: '; client_max_window_bits=10' },
  { offer: '; client_no_context_takeover; client_max_window_bits', response: '; client_no_context_takeover' },
  { offer: '; server_no_context_takeover', response: '; server_no_context_takeover' },
  { offer: '; server_max_window_bits=9', response: '; server_max_window_bits=9; client_max_window_bits=9' },
  {
    offer: '; server_max_window_bits=15',
    response: '; server_max_window_bits=15; client_max_window_bits=15',
  },
  {
    offer: '; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    response: '; server_no_context_takeover; server_max_window_bits=9; client_no_context_takeover',
  },
  {
    offer: '; server_no_context_takeover; server_max_window_bits=8, permessage-deflate',
    response: '; server_max_window_bits=8',
  },
];

const TAKEOVER: PerMessageDeflateOptions = { serverNoContextTakeover: false, clientNoContextTakeover: false };

/** Echoes, as the suite asks of the implementation under test. */
function echo(connection: Connection): void {
  connection.on('text', (text) => connection.send('text', text));
  connection.on('binary', (data) => connection.send('binary', data));
}

/** Sends messages of one kind and shape, and judges what comes back, and how the connection ends. */
async function play(
  peer: CompressingPeer,
  { isText, make, getsShorter = true }: Kind,
  { length, count, frameLength }: Shape,
  hasContext: boolean,
): Promise<void> {
  const sent = Array.from({ length: count }, (_, index) => make(length, index));
  for (const octets of sent) await peer.send(isText, octets, frameLength);
  await peer.received(count);
  expect(peer.closeCode, 'code of a Close that came too early').to.equal(undefined);
  const echoed = peer.messages.map((message) => `${message.isText} ${message.octets.length}`);
  expect(echoed).to.deep.equal(sent.map(() => `${isText} ${length}`));
  expect(peer.messages.every(({ octets }, index) => octets.equals(sent[index]!))).to.equal(true);
  // The threshold is at its default. What does not get shorter goes as it is, unless later messages may refer to it.
  const isOfUse = getsShorter || (hasContext && length <= 32 * KiB);
  expect(peer.messages.every(({ isCompressed }) => isCompressed === (isOfUse && length >= KiB))).to.equal(
    true,
  );
  await peer.close();
  expect(peer.messages).to.have.length(count);
  expect(peer.closeCode).to.equal(1000);
}

function describeShape({ length, frameLength }: Shape): string {
  return `${length} octets${frameLength === Infinity ? '' : ` in frames of ${frameLength}`}`;
}

/** Gives each kind with the plain parameters, and each set of parameters with JSON. */
function* runs(): Generator<{ name: string; kind: Kind; parameters: (typeof PARAMETERS)[number] }> {
  for (const kind of KINDS) yield { name: kind.name, kind, parameters: PARAMETERS[0]! };
  for (const parameters of PARAMETERS.slice(1))
    yield { name: `JSON, permessage-deflate${parameters.offer}`, kind: KINDS[0]!, parameters };
}

describe('conformance: compressed messages, echoed', function () {
  this.timeout(60_000);

  for (const [options, given] of [
    ['default options', true],
    ['context takeover', TAKEOVER],
  ] as const) {
    describe(`as a server with ${options}`, () => {
      let registry: ServerRegistry;
      before(async () => {
        registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', perMessageDeflate: given });
        registry.on('connection', echo);
      });
      after(() => registry.close());

      for (const { name, kind, parameters } of runs()) {
        it(name, async () => {
          for (const shape of SHAPES) {
            const { port } = registry.address() as AddressInfo;
            const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
            socket.write(openingRequest(port, `permessage-deflate${parameters.offer}`));
            const head = await readHead(socket);
            expect(head).to.match(/^HTTP\/1\.1 101 /);
            const response = field(head, 'Sec-WebSocket-Extensions');
            expect(response, 'the answer').to.match(/^permessage-deflate(?:;|$)/);
            const [, promised = '15'] = /client_max_window_bits=(\d+)/.exec(parameters.offer) ?? [];
            const peer = new CompressingPeer(socket, true, response!, Number(promised));
            await play(peer, kind, shape, given !== true).catch((error: unknown) => {
              socket.destroy();
              throw new Error(`${describeShape(shape)}: ${String(error)}`, { cause: error });
            });
          }
        });
      }
    });

    describe(`as a client with ${options}`, () => {
      let server: Server;
      let accept: (socket: Socket) => void;
      before(async () => {
        server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(socket));
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
      });
      after((done) => void server.close(done));

      for (const { name, kind, parameters } of runs()) {
        it(name.replace(parameters.offer, parameters.response), async () => {
          for (const shape of SHAPES) {
            const { port } = server.address() as AddressInfo;
            const accepted = new Promise<Socket>((resolve) => (accept = resolve));
            const client = new WebSocketClient(`ws://127.0.0.1:${port}/`, { perMessageDeflate: given });
            echo(client);
            client.on('error', () => {});
            const closed = new Promise<unknown>((resolve) =>
              client.once('disconnect', (...how) => resolve(how)),
            );
            const socket = await accepted;
            const request = await readHead(socket);
            expect(field(request, 'Sec-WebSocket-Extensions')).to.match(/client_max_window_bits/);
            const response = `permessage-deflate${parameters.response}`;
            socket.write(openingResponse(request, response));
            // A client may forget, and does by default, whatever the server asks of it.
            const peer = new CompressingPeer(socket, false, response);
            await play(peer, kind, shape, given !== true).catch((error: unknown) => {
              socket.destroy();
              throw new Error(`${describeShape(shape)}: ${String(error)}`, { cause: error });
            });
            expect(await closed).to.deep.equal([1000, '', true]);
          }
        });
      }
    });
  }

  it('sends fewer octets for what can be compressed, fewest with context takeover', async () => {
    const sizes: number[] = [];
    for (const given of [false, true, TAKEOVER]) {
      const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', perMessageDeflate: given });
      registry.on('connection', (connection) => {
        for (let i = 0; i < 20; i++) connection.send('binary', KINDS[0]!.make(2 * KiB, i));
      });
      const { port } = registry.address() as AddressInfo;
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.write(openingRequest(port, 'permessage-deflate'));
      const peer = new CompressingPeer(
        socket,
        true,
        field(await readHead(socket), 'Sec-WebSocket-Extensions') ?? '',
      );
      await peer.received(20);
      expect(peer.messages.every(({ octets }, i) => octets.equals(KINDS[0]!.make(2 * KiB, i)))).to.equal(
        true,
      );
      await peer.close();
      await registry.close();
      sizes.push(peer.payloadBytes);
    }
    expect(sizes[0]).to.equal(40 * KiB);
    expect(sizes[1]).to.be.below(sizes[0]! / 2);
    expect(sizes[2]).to.be.below(sizes[1]!);
  });
});
