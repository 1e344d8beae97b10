import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { ReadableStream, type ReadableStreamDefaultController } from 'node:stream/web';
import type { MessagePieces } from '../../lib/connection/message-source.js';
import { ConnectionClosedError, InvalidOptionError } from '../../lib/errors.js';
import { Opcode } from '../../lib/protocol/constants.js';
import { until } from '../turns.js';
import { ROLES, outcomeOf, settled, unwire, wireUp, type Wired } from '../wire-peer.js';

/** Is a source that gives what it is told to, and knows whether it was told to end. */
interface Source {
  readonly pieces: MessagePieces;
  give(piece: Buffer): void;
  isEnded(): boolean;
}

const SOURCES: Readonly<Record<string, () => Source>> = {
  'a Readable': () => {
    const pieces = new Readable({ read: () => undefined });
    return { pieces, give: (piece) => pieces.push(piece), isEnded: () => pieces.destroyed };
  },
  'a ReadableStream': () => {
    let controller!: ReadableStreamDefaultController<Buffer>;
    let isEnded = false;
    const pieces = new ReadableStream<Buffer>({
      start: (made) => void (controller = made),
      cancel: () => void (isEnded = true),
    });
    return { pieces, give: (piece) => controller.enqueue(piece), isEnded: () => isEnded };
  },
  'an iterator': () => {
    const waiting: ((result: IteratorResult<Buffer>) => void)[] = [];
    const given: Buffer[] = [];
    let ends = 0;
    const iterator = {
      next: () =>
        new Promise<IteratorResult<Buffer>>((resolve) => {
          if (given.length > 0) resolve({ done: false, value: given.shift()! });
          else waiting.push(resolve);
        }),
      return: () => {
        ends += 1;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    };
    return {
      pieces: { [Symbol.asyncIterator]: () => iterator },
      give: (value) => {
        const resolve = waiting.shift();
        if (resolve === undefined) given.push(value);
        else resolve({ done: false, value });
      },
      isEnded: () => {
        expect(ends).to.be.at.most(1);
        return ends === 1;
      },
    };
  },
};

/** Brings a message to some point; more of its pieces are still to come. */
const MOMENTS: Readonly<Record<string, (wired: Wired, source: Source) => Promise<void>>> = {
  'it waits for its turn': async ({ connection }) => {
    // Called before the message is handed in: see below.
    expect(connection.writableCorked).to.equal(1);
    await settled();
  },
  'it waits for its first piece': () => settled(),
  'it waits for its second piece': async (_, source) => {
    source.give(Buffer.from('a'));
    await settled();
  },
  'the peer takes nothing': async ({ stream, connection }, source) => {
    stream.hold();
    for (let piece = 0; piece < 4; piece++) source.give(randomBytes(16_000));
    await until(() => connection.bufferedAmount >= 20_000);
    await settled();
  },
  'a large piece is there': async (_, source) => {
    source.give(randomBytes(300_000));
    // When messages are compressed, that is under way now.
    await settled(1);
  },
};

const ENDS: Readonly<Record<string, (wired: Wired) => void>> = {
  'the peer closes': ({ peer }) => peer.send(peer.closeFrame(4000)),
  'the peer ends the stream': ({ peer }) => peer.end(),
  'the stream is reset': ({ peer }) => peer.stream.reset(),
  'the peer breaks a rule': ({ peer }) => peer.send(peer.frame(0x3)),
  terminate: ({ connection }) => connection.terminate(),
  'close with 1006': ({ connection }) => connection.close(1006),
  destroy: ({ connection }) => void connection.destroy(),
  'destroy with an error': ({ connection }) => void connection.destroy(new Error('ours')),
  'close, and what is sent takes too long': ({ connection }) => connection.close(),
};

describe('Connection: sendFragments that does not come to its end', () => {
  const unhandled: unknown[] = [];
  const processOnRejection = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', processOnRejection);
  });

  afterEach(async () => {
    await unwire();
    process.off('unhandledRejection', processOnRejection);
    expect(unhandled).to.deep.equal([]);
  });

  for (const compressed of [false, true]) {
    for (const role of ROLES) {
      describe(`in the ${role} role, ${compressed ? 'compressed' : 'plain'}`, () => {
        for (const [what, end] of Object.entries(ENDS)) {
          for (const [when, reach] of Object.entries(MOMENTS)) {
            it(`rejects once and ends the source: ${what} while ${when}`, async () => {
              for (const make of Object.values(SOURCES)) {
                const wired = await wireUp(role, {
                  softBacklogBytes: 20_000,
                  closeTimeoutMs: 30,
                  ...(compressed && {
                    extensions: 'permessage-deflate',
                    perMessageDeflate: { threshold: 0 },
                  }),
                });
                const { connection, peer, stream } = wired;
                if (when === 'it waits for its turn') connection.cork();
                const source = make();
                const answers: unknown[] = [];
                const sending = connection.sendFragments('binary', source.pieces);
                sending.then(
                  (value) => answers.push(value),
                  (error: unknown) => answers.push(error),
                );
                await reach(wired, source);
                expect(answers).to.deep.equal([]);
                end(wired);
                await until(() => answers.length > 0 && source.isEnded());
                stream.release();
                await settled(20);
                expect(answers).to.have.length(1);
                expect(answers[0]).to.be.instanceOf(ConnectionClosedError);
                // Nothing goes behind our Close (RFC 6455 §5.5.1).
                const opcodes = peer.frames().map(({ opcode }) => opcode);
                if (opcodes.includes(Opcode.CLOSE))
                  expect(opcodes.indexOf(Opcode.CLOSE)).to.equal(opcodes.length - 1);
                await unwire();
              }
            });
          }
        }

        it('answers the Close of the peer at once, behind what was sent and before what was not', async () => {
          const { connection, peer } = await wireUp(role);
          const pieces = new Readable({ objectMode: true, read: () => undefined });
          void connection.sendFragments('text', pieces);
          pieces.push('a');
          await settled();
          connection.send('text', 'behind');
          peer.send(peer.closeFrame(4000, 'enough'));
          await settled();
          const said = peer.said();
          expect(said[0]).to.equal('text "a" …');
          expect(said.at(-1)).to.equal('close 4000 ""');
        });
      });
    }
  }

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('ends the process by no promise that nobody waits for', async () => {
        for (const end of [ENDS['terminate']!, ENDS['the peer closes']!, ENDS['the stream is reset']!]) {
          const wired = await wireUp(role);
          void wired.connection.sendFragments('text', new Readable({ read: () => undefined }));
          void wired.connection.sendFragments('text', ['queued']);
          void wired.connection.flushed();
          end(wired);
          await settled(12);
          void wired.connection.sendFragments('text', ['late']);
          void wired.connection.flushed();
          await settled(12);
        }
      });

      it('begins no message any more once the peer has closed', async () => {
        const { connection, peer } = await wireUp(role);
        const first = connection.sendFragments('text', new Readable({ read: () => undefined }));
        const second = connection.sendFragments('text', ['a']);
        peer.send(peer.closeFrame(1000));
        expect(await outcomeOf(first)).to.be.instanceOf(ConnectionClosedError);
        expect(await outcomeOf(second)).to.be.instanceOf(ConnectionClosedError);
        expect(peer.said()).to.deep.equal(['close 1000 ""']);
      });

      it('rejects once closed or closing, and ends the source', async () => {
        for (const by of ['close', 'terminate', 'destroy'] as const) {
          const { connection } = await wireUp(role);
          connection[by]();
          for (const make of Object.values(SOURCES)) {
            const source = make();
            const sending = connection.sendFragments('text', source.pieces);
            expect(await outcomeOf(sending)).to.be.instanceOf(ConnectionClosedError);
            expect(source.isEnded()).to.equal(true);
          }
          expect(connection.counters.messagesSent).to.equal(0);
        }
      });

      describe('when the source throws', () => {
        /** Fails after some pieces, with whatever. */
        function* failing(pieces: readonly string[], reason: unknown): Generator<string> {
          yield* pieces;
          throw reason;
        }

        for (const [what, reason] of Object.entries({
          'an error': new Error('ours'),
          text: 'ours',
          nothing: undefined,
        })) {
          it(`goes on when it throws ${what} before the first piece`, async () => {
            const { connection, peer, events } = await wireUp(role);
            expect(await outcomeOf(connection.sendFragments('text', failing(['', ''], reason)))).to.equal(
              reason,
            );
            connection.send('text', 'next');
            await settled();
            expect(peer.said()).to.deep.equal(['text "next"']);
            expect(connection.state).to.equal('CONNECTED');
            expect(events.map(([event]) => event)).to.deep.equal(['connect']);
          });

          it(`fails the connection with 1011 when it throws ${what} afterwards`, async () => {
            const { connection, peer } = await wireUp(role);
            const sending = outcomeOf(connection.sendFragments('text', failing(['a'], reason)));
            connection.send('text', 'next');
            expect(await sending).to.equal(reason);
            await settled();
            expect(peer.said()).to.deep.equal(['text "a" …', 'close 1011 "Unexpected condition"']);
            expect(connection.state).to.equal('CLOSED');
          });
        }

        it('goes on when it gives no iterator', async () => {
          const { connection, peer } = await wireUp(role);
          const locked = new ReadableStream();
          locked.getReader();
          for (const pieces of [
            locked as MessagePieces,
            {
              [Symbol.iterator]: () => {
                throw new Error('none');
              },
            },
          ]) {
            expect(await outcomeOf(connection.sendFragments('text', pieces))).to.be.instanceOf(Error);
          }
          connection.send('text', 'next');
          await settled();
          expect(peer.said()).to.deep.equal(['text "next"']);
        });

        it('takes what a source throws or rejects when it is ended for nothing', async () => {
          for (const answer of [
            () => {
              throw new Error('at once');
            },
            () => Promise.reject(new Error('later')),
          ]) {
            const { connection } = await wireUp(role);
            const iterator = { next: () => new Promise<never>(() => {}), return: answer };
            const sending = connection.sendFragments('text', { [Symbol.asyncIterator]: () => iterator });
            await settled();
            connection.terminate();
            expect(await outcomeOf(sending)).to.be.instanceOf(ConnectionClosedError);
          }
        });

        it('hears of a stream that fails before its turn, or after its end was asked for', async () => {
          const { connection, peer } = await wireUp(role);
          const first = new Readable({ objectMode: true, read: () => undefined });
          const sending = connection.sendFragments('text', first);
          const second = new Readable({ read: () => undefined });
          const failed = connection.sendFragments('text', second);
          second.destroy(new Error('no such file'));
          await settled();
          first.push('a');
          first.push(null);
          await sending;
          expect(await outcomeOf(failed))
            .to.be.an('error')
            .with.property('message', 'no such file');
          const third = new Readable({
            read: () => undefined,
            destroy: (_error, done) => done(new Error('cannot be closed')),
          });
          const cut = connection.sendFragments('text', third);
          await settled();
          peer.send(peer.closeFrame(1000));
          expect(await outcomeOf(cut)).to.be.instanceOf(ConnectionClosedError);
          await settled();
        });
      });

      for (const [what, piece] of Object.entries({
        'a number': 1,
        null: null,
        'an object': {},
        nothing: undefined,
      })) {
        it(`rejects for ${what} as a piece, and ends the source`, async () => {
          for (const before of [[], ['a']]) {
            const { connection, peer } = await wireUp(role);
            let isEnded = false;
            const pieces = (function* () {
              try {
                yield* before;
                yield piece as never;
              } finally {
                isEnded = true;
              }
            })();
            const outcome = await outcomeOf(connection.sendFragments('text', pieces));
            expect(outcome).to.be.instanceOf(InvalidOptionError);
            expect((outcome as InvalidOptionError).message).to.match(/^piece/);
            expect(isEnded).to.equal(true);
            const [, close] = peer.said();
            expect(close).to.equal(before.length === 0 ? undefined : 'close 1011 "Unexpected condition"');
          }
        });
      }

      it('rejects for octets as text that are not UTF-8, at their first wrong piece or at the end', async () => {
        for (const pieces of [
          ['61', 'ff'],
          ['61', 'c3'],
          ['c3', '61'],
        ]) {
          const { connection, peer } = await wireUp(role);
          const sending = connection.sendFragments(
            'text',
            pieces.map((hex) => Buffer.from(hex, 'hex')),
          );
          expect(await outcomeOf(sending)).to.be.instanceOf(InvalidOptionError);
          expect(peer.frames().at(-1)?.payload.readUInt16BE()).to.equal(1011);
        }
      });

      describe('slow consumers', () => {
        it("ends the connection under 'disconnect', and the source", async () => {
          const { connection, stream } = await wireUp(role, {
            hardBacklogBytes: 1000,
            softBacklogBytes: 1000,
          });
          stream.hold();
          connection.send('binary', Buffer.alloc(1000));
          const source = SOURCES['a Readable']!();
          const sending = connection.sendFragments('text', source.pieces);
          expect(await outcomeOf(sending)).to.be.instanceOf(ConnectionClosedError);
          expect(source.isEnded()).to.equal(true);
          expect(connection.state).to.equal('CLOSED');
        });

        it("drops the message as a whole under 'drop', and ends the source", async () => {
          const { connection, peer, stream } = await wireUp(role, {
            hardBacklogBytes: 1000,
            slowConsumer: 'drop',
          });
          stream.hold();
          connection.send('binary', Buffer.alloc(1000));
          for (const make of Object.values(SOURCES)) {
            const source = make();
            expect(await outcomeOf(connection.sendFragments('text', source.pieces))).to.equal(0);
            expect(source.isEnded()).to.equal(true);
          }
          expect(connection.counters).to.include({ messagesSent: 1, messagesDropped: 3 });
          stream.release();
          await settled();
          expect(peer.frames()).to.have.length(1);
        });

        it("takes the message under 'pause'", async () => {
          const { connection, peer, stream } = await wireUp(role, {
            hardBacklogBytes: 1000,
            slowConsumer: 'pause',
          });
          stream.hold();
          connection.send('binary', Buffer.alloc(1000));
          const sending = connection.sendFragments('text', ['a']);
          expect(connection.isReadingPaused).to.equal(true);
          stream.release();
          await sending;
          await settled();
          expect(peer.said().slice(1)).to.deep.equal(['text "a" …', 'more ""']);
          expect(connection.isReadingPaused).to.equal(false);
        });
      });
    });
  }
});
