import { expect } from 'chai';
import fc from 'fast-check';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import type { MessageData } from '../../lib/connection/outgoing-message.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import { until } from '../turns.js';
import { ROLES, outcomeOf, settled, unwire, wireUp } from '../wire-peer.js';

/** Lets messages be compressed. */
const COMPRESSED: TakeoverOptions = { extensions: 'permessage-deflate' };

/** Gives pieces in each way that they can be given in. */
const WAYS: Readonly<
  Record<string, (pieces: readonly MessageData[]) => Iterable<MessageData> | AsyncIterable<MessageData>>
> = {
  'an array': (pieces) => [...pieces],
  *'a generator'(pieces) {
    yield* pieces;
  },
  async *'an asynchronous generator'(pieces) {
    for (const piece of pieces) {
      await settled(1);
      yield piece;
    }
  },
  'a Readable in object mode': (pieces) => Readable.from(pieces),
  'a web ReadableStream': (pieces) =>
    new ReadableStream<MessageData>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
};

describe('Connection: sendFragments', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('what becomes a message', () => {
        for (const [way, give] of Object.entries(WAYS)) {
          it(`sends the pieces of ${way} as the fragments of one message`, async () => {
            const { connection, peer } = await wireUp(role);
            const sent = await connection.sendFragments('text', give(['one', 'two', 'three']));
            await settled();
            expect(peer.said()).to.deep.equal(['text "one" …', 'more "two" …', 'more "three" …', 'more ""']);
            expect(sent).to.equal(3 + 3 + 5 + 4 * (role === 'client' ? 6 : 2));
            expect(sent).to.equal(connection.bytesSent);
          });
        }

        it('sends the octets of a Readable as a binary message', async () => {
          const { connection, peer } = await wireUp(role);
          const octets = new Readable({ read: () => undefined });
          const sending = connection.sendFragments('BINARY', octets);
          octets.push('61', 'hex');
          await settled();
          expect(peer.said()).to.deep.equal(['binary "a" …']);
          octets.push('bc');
          octets.push(null);
          await sending;
          await settled();
          expect(peer.said()).to.deep.equal(['more "bc" …', 'more ""']);
        });

        it('takes every kind of octets', async () => {
          const { connection, peer } = await wireUp(role);
          const pieces = [
            Buffer.from('a'),
            new Uint8Array([0x62]),
            new DataView(new Uint8Array([0x63]).buffer),
            new Uint8Array([0x64]).buffer,
            'e',
          ];
          await connection.sendFragments(2, pieces);
          await settled();
          const payload = Buffer.concat(peer.frames().map((frame) => frame.payload));
          expect(payload.toString()).to.equal('abcde');
        });

        it('sends no frame for an empty piece, and an empty message for no pieces', async () => {
          const { connection, peer } = await wireUp(role);
          await connection.sendFragments('text', ['', 'a', '', Buffer.alloc(0), 'b', '']);
          await connection.sendFragments('text', []);
          await connection.sendFragments('binary', ['', Buffer.alloc(0)]);
          await settled();
          expect(peer.said()).to.deep.equal(['text "a" …', 'more "b" …', 'more ""', 'text ""', 'binary ""']);
        });

        it('puts a character together again that is cut between two pieces', async () => {
          const { connection, peer } = await wireUp(role);
          await connection.sendFragments('text', ['a\ud83d', '', '\ude00b', '\ud83d']);
          await settled();
          expect(peer.said()).to.deep.equal(['text "a" …', 'more "😀b" …', 'more "" …', 'more "\ufffd"']);
        });

        it('takes octets as text that are cut within a character', async () => {
          const { connection, peer } = await wireUp(role);
          await connection.sendFragments(
            'text',
            ['f09f', '', '98', '8061'].map((hex) => Buffer.from(hex, 'hex')),
          );
          await settled();
          const frames = peer.frames();
          expect(frames.map(({ payload }) => payload.toString('hex'))).to.deep.equal([
            'f09f',
            '98',
            '8061',
            '',
          ]);
          expect(frames.map(({ opcode }) => opcode)).to.deep.equal([1, 0, 0, 0]);
        });

        for (const [kind, piece] of Object.entries({
          octets: Buffer.alloc(600 * 1024, 'xyz'),
          text: 'ä'.repeat(300 * 1024),
        })) {
          it(`cuts a piece of ${kind} above 256 KiB into frames`, async () => {
            const { connection, peer } = await wireUp(role);
            await connection.sendFragments(kind === 'text' ? 'text' : 'binary', [piece]);
            await settled();
            const frames = peer.frames();
            const most = kind === 'text' ? 512 * 1024 : 256 * 1024;
            expect(frames.length).to.equal(kind === 'text' ? 3 : 4);
            for (const { payload } of frames) expect(payload.length).to.be.at.most(most);
            expect(Buffer.concat(frames.map(({ payload }) => payload)).equals(Buffer.from(piece))).to.equal(
              true,
            );
          });
        }
      });

      describe('wrong calls', () => {
        for (const [what, pieces] of Object.entries({
          'a string': 'message',
          'a Buffer': Buffer.from('message'),
          'an ArrayBuffer': new ArrayBuffer(3),
          nothing: undefined,
          null: null,
          'a number': 1,
          'an object': {},
          'a function': () => ['a'],
        })) {
          it(`throws for ${what} as pieces, at the call`, async () => {
            const { connection, peer } = await wireUp(role);
            expect(() => connection.sendFragments('text', pieces as never)).to.throw(
              InvalidOptionError,
              /^pieces/,
            );
            await settled();
            expect(peer.frames()).to.deep.equal([]);
          });
        }

        for (const type of ['ping', 'pong', 9, 10, 'close', 0, 'message', undefined]) {
          it(`throws for ${JSON.stringify(type) ?? 'nothing'} as type, at the call`, async () => {
            const { connection } = await wireUp(role);
            expect(() => connection.sendFragments(type as 'text', ['a'])).to.throw(
              InvalidOptionError,
              /^type/,
            );
            expect(connection.counters.messagesSent).to.equal(0);
          });
        }

        it('throws between the fragments of a message, and asks for no piece', async () => {
          const { connection, peer } = await wireUp(role);
          let asked = 0;
          const pieces = (function* () {
            asked += 1;
            yield 'a';
          })();
          connection.send('text', 'one', false);
          expect(() => connection.sendFragments('text', pieces)).to.throw(
            InvalidStateError,
            /is not finished/,
          );
          connection.send('text', 'two');
          await settled();
          expect(peer.said()).to.deep.equal(['text "one" …', 'more "two"']);
          expect(asked).to.equal(0);
        });
      });

      describe('order', () => {
        it('comes in its place: behind what was sent before, before what is sent meanwhile', async () => {
          const { connection, peer } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          connection.send('text', '1');
          connection.write('2');
          const sending = connection.sendFragments('text', pieces);
          expect(connection.send('text', '4')).to.equal(role === 'client' ? 7 : 3);
          connection.write('5');
          connection.send('binary', '6', false);
          connection.send('binary', '7');
          const second = connection.sendFragments('binary', ['8', '9']);
          connection.send('text', '10');
          pieces.push('3a');
          await settled();
          expect(peer.said()).to.deep.equal(['text "1"', 'text "2"', 'text "3a" …']);
          connection.send('text', '11');
          pieces.push('3b');
          pieces.push(null);
          await sending;
          await second;
          await settled();
          expect(peer.said()).to.deep.equal([
            'more "3b" …',
            'more ""',
            'text "4"',
            'text "5"',
            'binary "6" …',
            'more "7"',
            'binary "8" …',
            'more "9" …',
            'more ""',
            'text "10"',
            'text "11"',
          ]);
          expect(connection.counters.messagesSent).to.equal(9);
          expect(connection.bufferedAmount).to.equal(0);
        });

        it('lets pings, and pongs in answer, go between its fragments', async () => {
          const { connection, peer } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          const sending = connection.sendFragments('text', pieces);
          pieces.push('a');
          await settled();
          connection.ping('p');
          peer.send(peer.frame(0x9, 'q'));
          await settled();
          pieces.push('b');
          pieces.push(null);
          await sending;
          await settled();
          expect(peer.said()).to.deep.equal(['text "a" …', 'ping "p"', 'pong "q"', 'more "b" …', 'more ""']);
        });

        it('goes before the Close of close, and of end', async () => {
          for (const by of ['close', 'end'] as const) {
            const { connection, peer } = await wireUp(role);
            const pieces = new Readable({ objectMode: true, read: () => undefined });
            const sending = connection.sendFragments('text', pieces);
            pieces.push('a');
            connection[by]();
            await settled();
            expect(peer.said()).to.deep.equal(['text "a" …']);
            pieces.push('b');
            pieces.push(null);
            await sending;
            await settled();
            expect(peer.said()).to.deep.equal(['more "b" …', 'more ""', 'close 1000 "Normal closure"']);
          }
        });

        it('comes to its end when both sides close at once: the peer may still read', async () => {
          const { connection, peer, events } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          const sending = connection.sendFragments('text', pieces);
          pieces.push('a');
          connection.close();
          peer.send(peer.closeFrame(1000));
          expect(await outcomeOf(sending)).to.equal('pending');
          pieces.push(null);
          await sending;
          peer.end();
          await settled();
          expect(peer.said()).to.deep.equal(['text "a" …', 'more ""', 'close 1000 "Normal closure"']);
          expect(events.at(-1)).to.deep.equal(['close', 1000, '']);
        });

        it('is waited for by flushed', async () => {
          const { connection } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          void connection.sendFragments('text', pieces);
          const flushing = connection.flushed();
          pieces.push('a');
          expect(await outcomeOf(flushing)).to.equal('pending');
          pieces.push(null);
          expect(await outcomeOf(flushing)).to.equal(undefined);
        });

        it('goes before a broadcast that comes meanwhile, and behind one that came before', async () => {
          const { connection, peer } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          connection.send(new PreparedMessage('text', 'before'));
          const sending = connection.sendFragments('text', pieces);
          pieces.push('a');
          await settled();
          expect(connection.send(new PreparedMessage('text', 'meanwhile'))).to.be.above(9);
          connection.send('text', 'last');
          await settled();
          pieces.push(null);
          await sending;
          await settled();
          expect(peer.said()).to.deep.equal([
            'text "before"',
            'text "a" …',
            'more ""',
            'text "meanwhile"',
            'text "last"',
          ]);
        });

        it('waits while corked', async () => {
          const { connection, peer } = await wireUp(role);
          connection.cork();
          const sending = connection.sendFragments('text', ['a']);
          await settled();
          expect(peer.frames()).to.deep.equal([]);
          connection.uncork();
          await sending;
          await settled();
          expect(peer.said()).to.deep.equal(['text "a" …', 'more ""']);
        });
      });

      describe('turns and backpressure', () => {
        it('asks for no piece while the backlog is at the soft limit, and for more once the socket took it', async () => {
          const { connection, peer, stream } = await wireUp(role, { softBacklogBytes: 10_000 });
          let asked = 0;
          const piece = Buffer.alloc(1000, 'x');
          const sending = connection.sendFragments(
            'binary',
            (function* () {
              for (; asked < 50; asked++) yield piece;
            })(),
          );
          stream.hold();
          await settled(20);
          const perRound = asked;
          // The last one was asked for when the limit was not reached yet.
          expect(perRound).to.be.within(9, 11);
          expect(connection.bufferedAmount).to.be.within(10_000, 10_000 + 1000 + 14);
          await settled(20);
          expect(asked).to.equal(perRound);
          stream.release(1);
          await settled(20);
          expect(asked).to.be.within(perRound, perRound * 2 + 1);
          stream.release();
          await sending;
          expect(asked).to.equal(50);
          await settled();
          expect(peer.frames()).to.have.length(51);
        });

        it('needs memory for the soft limit and one piece at most, however fast the source is', async () => {
          const { connection, peer, stream } = await wireUp(role, { softBacklogBytes: 10_000 });
          stream.hold();
          let most = 0;
          const sending = connection.sendFragments(
            'binary',
            (function* () {
              for (let piece = 0; piece < 40; piece++) {
                most = Math.max(most, connection.bufferedAmount);
                yield Buffer.alloc(4000);
              }
            })(),
          );
          const timer = setInterval(() => stream.release(1), 1);
          await sending;
          clearInterval(timer);
          stream.release();
          expect(most).to.be.below(10_000);
          await settled();
          expect(peer.frames()).to.have.length(41);
        });

        for (const [what, piece] of Object.entries({ small: 'x', empty: '', large: Buffer.alloc(100_000) })) {
          it(`lets others have their turn, though ${what} pieces are there at once and the socket takes all`, async () => {
            const { connection } = await wireUp(role);
            let isStopped = false;
            let asked = 0;
            setImmediate(() => (isStopped = true));
            const sending = connection.sendFragments(
              typeof piece === 'string' ? 'text' : 'binary',
              (function* () {
                // Were there no turn, it would go on until here.
                while (!isStopped && asked++ < 100_000) yield piece;
              })(),
            );
            await sending;
            expect(isStopped).to.equal(true);
            expect(asked).to.be.below(2000);
          });
        }
      });

      describe('at the other end', () => {
        for (const compression of [false, true]) {
          it(`arrives as sent, ${compression ? 'compressed' : 'plain'}, whole and in fragments`, async () => {
            for (const fragments of [false, true]) {
              const [near, far] = duplexPair();
              const options = compression ? COMPRESSED : {};
              const sender = Connection.takeover(near, { server: role === 'server', ...options });
              const receiver = Connection.takeover(far, { server: role !== 'server', fragments, ...options });
              const received: string[] = [];
              const finals: boolean[] = [];
              if (fragments) {
                receiver.on('fragment', ({ data, final }) => {
                  received.push(String(data));
                  finals.push(final);
                });
              } else receiver.on('text', (text) => received.push(text));
              const pieces = ['short ', 'ä😀'.repeat(20_000), '', 'x'.repeat(300_000), '\ud83d', '\ude00'];
              await settled(1);
              await sender.sendFragments('text', pieces);
              sender.send('text', 'next');
              await until(() => received.at(-1) === 'next');
              expect(received.slice(0, -1).join('')).to.equal(pieces.join(''));
              if (fragments) expect(finals.filter(Boolean)).to.have.length(2);
              sender.terminate();
              receiver.terminate();
              await settled();
            }
          });
        }

        it('arrives as sent, whatever its pieces are', async () => {
          const [near, far] = duplexPair();
          const sender = Connection.takeover(near, { server: role === 'server', ...COMPRESSED });
          const receiver = Connection.takeover(far, { server: role !== 'server', ...COMPRESSED });
          const received: (string | Buffer)[] = [];
          receiver.on('message', (data) => received.push(data));
          await settled(1);
          const unit = fc.constantFrom(
            '',
            'a',
            'ä',
            '\ud83d',
            '\ude00',
            'x'.repeat(2000),
            '☃'.repeat(40_000),
          );
          const octets = fc.oneof(
            fc.uint8Array({ maxLength: 300 }),
            fc.constantFrom(2000, 40_000, 600_000).map((length) => Buffer.alloc(length, 'made fast')),
          );
          const texts = fc.array(unit, { maxLength: 8 });
          const binaries = fc.array(octets, { maxLength: 8 });
          await fc.assert(
            fc.asyncProperty(texts, binaries, async (strings, buffers) => {
              await Promise.all([
                sender.sendFragments('text', strings),
                sender.sendFragments('binary', buffers),
              ]);
              await until(() => received.length === 2);
              const [text, binary] = received.splice(0);
              expect(text).to.equal(Buffer.from(strings.join('')).toString());
              expect((binary as Buffer).equals(Buffer.concat(buffers))).to.equal(true);
            }),
            { numRuns: 60, seed: 3 },
          );
          sender.terminate();
          receiver.terminate();
          await settled();
        });

        it('compresses a message by its first piece: all or nothing', async () => {
          const { connection, stream } = await wireUp(role, COMPRESSED);
          const large = Buffer.alloc(2000, 'x');
          const first = await connection.sendFragments('binary', [Buffer.from('small'), large]);
          await settled();
          expect(first).to.be.above(2000);
          expect(stream.taken.at(0)![0]).to.equal(0x02);
          const writes = stream.taken.length;
          const second = await connection.sendFragments('binary', [large, large, Buffer.from('small')]);
          expect(second).to.be.below(200);
          await settled();
          expect(stream.taken.at(writes)![0]).to.equal(0x42);
        });
      });
    });
  }

  describe('while CONNECTING', () => {
    it('waits for the connection, in its place', async () => {
      const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1' });
      const received: string[] = [];
      registry.on('connection', (connection) => connection.on('text', (text) => received.push(text)));
      const { port } = registry.address() as AddressInfo;
      const client = new WebSocketClient(`ws://127.0.0.1:${String(port)}/`);
      client.write('1');
      const sending = client.sendFragments('text', ['2', 'a']);
      client.write('3');
      expect(client.state).to.equal('CONNECTING');
      expect(await sending).to.equal(7 + 7 + 6);
      await until(() => received.length === 3);
      expect(received).to.deep.equal(['1', '2a', '3']);
      await client[Symbol.asyncDispose]();
      await registry.close();
    });

    it('rejects when the opening handshake fails, and ends the source', async () => {
      const client = new WebSocketClient('ws://harbour.test/', { lookup: () => {} });
      const pieces = Readable.from(['a']);
      const sending = client.sendFragments('text', pieces);
      expect(await outcomeOf(sending)).to.equal('pending');
      client.close();
      expect(await outcomeOf(sending)).to.be.instanceOf(Error);
      expect(pieces.destroyed).to.equal(true);
    });
  });
});
