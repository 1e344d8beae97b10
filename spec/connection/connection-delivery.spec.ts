import { expect } from 'chai';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Connection } from '../../lib/takeover.js';
import { Connection as AnyConnection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
import {
  ROLES,
  WirePeer,
  collect,
  expectFailed,
  fakeClock,
  names,
  octets,
  settled,
  unwire,
  wire,
  wireUp,
} from '../wire-peer.js';

/** Ways to show that somebody consumes messages. */
const CONSUMERS: readonly [how: string, consume: (connection: Connection, seen: unknown[]) => void][] = [
  ['a listener of text', (connection, seen) => void connection.on('text', (text) => seen.push(text))],
  ['a listener of message', (connection, seen) => void connection.on('message', (data) => seen.push(data))],
  [
    'a once listener of message',
    (connection, seen) => void connection.once('message', (data) => seen.push(data)),
  ],
  ['a listener of data', (connection, seen) => void connection.on('data', (data) => seen.push(data))],
  [
    'a listener of readable',
    (connection, seen) => void connection.once('readable', () => seen.push(connection.read())),
  ],
  ['events.once', (connection, seen) => void once(connection, 'text').then(([text]) => seen.push(text))],
  [
    'an iterator',
    (connection, seen) =>
      void connection
        .iterator()
        .next()
        .then(({ value }) => seen.push(value)),
  ],
];

describe('Connection: delivery', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('reads nothing while it was paused before `connect`', async () => {
        const { connection, peer } = wire(role);
        const seen: string[] = [];
        connection.on('text', (text) => seen.push(text));
        connection.pause();
        peer.sendTexts('early');
        await settled();
        peer.sendTexts('later');
        await settled();
        expect([seen, connection.bytesReceived]).to.deep.equal([[], 0]);
        connection.resume();
        await settled();
        expect(seen).to.deep.equal(['early', 'later']);
      });

      describe('before anybody listens', () => {
        for (const [how, consume] of CONSUMERS) {
          it(`keeps messages for ${how}, which comes late`, async () => {
            const { connection, peer } = await wireUp(role);
            const seen: unknown[] = [];
            peer.sendTexts('early');
            await settled();
            consume(connection, seen);
            await settled();
            expect(seen).to.deep.equal(['early']);
          });

          it(`keeps messages for ${how}, which comes from within a microtask`, async () => {
            const { connection, peer } = await wireUp(role);
            const seen: unknown[] = [];
            peer.sendTexts('early');
            await settled();
            await Promise.resolve().then(() => consume(connection, seen));
            await settled();
            expect(seen).to.deep.equal(['early']);
          });
        }

        it('keeps binary messages and fragments as well', async () => {
          const whole = await wireUp(role);
          const pieces = await wireUp(role, { fragments: true });
          const seen: string[] = [];
          for (const { peer } of [whole, pieces]) peer.send(peer.frame(2, 'x'));
          await settled();
          whole.connection.on('binary', (data) => seen.push(data.toString()));
          pieces.connection.on('fragment', ({ data }) => seen.push(data.toString()));
          await settled();
          expect(seen).to.deep.equal(['x', 'x']);
        });

        it('delivers to a listener that was there before the stream was taken over', async () => {
          const { connection, peer } = wire(role);
          const messages = collect(connection);
          peer.sendTexts('1');
          await settled();
          expect(messages).to.deep.equal(['1']);
        });

        it('begins delivery in the next microtask, so that all listeners of a turn hear it', async () => {
          const { connection, peer } = await wireUp(role);
          const seen: unknown[] = [];
          peer.sendTexts('1');
          await settled();
          connection.on('text', () => seen.push('first'));
          connection.on('text', () => seen.push('second'));
          expect(seen).to.deep.equal([]);
          await Promise.resolve();
          expect(seen).to.deep.equal(['first', 'second']);
        });

        it('waits on when the listener is gone by then', async () => {
          const { connection, peer } = await wireUp(role);
          const listener = (): void => {};
          peer.sendTexts('1');
          await settled();
          connection.on('text', listener).off('text', listener);
          await settled();
          expect(collect(connection)).to.deep.equal([]);
          await settled();
          expect(connection.counters).to.include({ messagesReceived: 1, messagesDiscarded: 0 });
        });

        it('discards for resume without a consumer, as streams do', async () => {
          const { connection, peer } = await wireUp(role);
          peer.sendTexts('1');
          connection.resume();
          await settled();
          expect(connection.counters.messagesReceived).to.equal(1);
        });

        it('is not taken in by listeners of other events', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('ping', () => {}).on('closing', () => {});
          peer.sendTexts('1');
          await settled();
          expect(connection.counters.messagesReceived).to.equal(0);
        });

        it('answers pings and reports pongs and the Close at once', async () => {
          const { peer, events } = await wireUp(role);
          peer.send(peer.frame(1, 'x'), peer.frame(9, 'p'), peer.frame(10), peer.closeFrame(4000));
          await settled();
          expect(names(events)).to.include.members(['ping', 'pong', 'closing']);
          expect(peer.said()).to.deep.equal(['pong "p"', 'close 4000 ""']);
        });

        for (const [what, options, messages, taken] of [
          ['16 messages', {}, Array.from({ length: 20 }, (_, count) => String(count)), 16],
          ['64 KiB', {}, Array<string>(5).fill('x'.repeat(20_000)), 4],
          ['its own bound of messages', { maxQueuedMessages: 3 }, ['1', '2', '3', '4'], 3],
          ['its own bound of octets', { maxQueuedBytes: 6 }, ['abcd', 'ef', 'g'], 2],
        ] as const) {
          it(`pauses the socket at ${what}, and control frames behind that wait`, async () => {
            const { connection, peer, stream, events } = await wireUp(role, options);
            for (const message of messages) peer.sendTexts(message);
            peer.send(peer.frame(9, 'behind'));
            await settled();
            expect(stream.isPaused()).to.equal(true);
            expect(connection.isReadingPaused).to.equal(true);
            expect(names(events)).not.to.include('ping');
            const seen: unknown[] = [];
            connection.on('text', (text) => seen.push(text));
            await Promise.resolve();
            expect(seen).to.have.length(taken);
            await settled();
            expect(seen).to.deep.equal(messages);
            expect(peer.said()).to.deep.equal(['pong "behind"']);
            expect(stream.isPaused()).to.equal(false);
          });
        }

        it('stops within a chunk, and takes the rest up in order', async () => {
          const { connection, peer } = await wireUp(role, { maxQueuedMessages: 2 });
          peer.send(...['1', '2', '3', '4', '5'].map((text) => peer.frame(1, text)), peer.frame(9, 'last'));
          await settled();
          expect(peer.frames()).to.deep.equal([]);
          const messages = collect(connection);
          await settled();
          expect(messages).to.deep.equal(['1', '2', '3', '4', '5']);
          expect(peer.said()).to.deep.equal(['pong "last"']);
        });

        it('reads on after a local close, and counts what comes past the bound', async () => {
          const { connection, peer, stream, events } = await wireUp(role, { maxQueuedMessages: 2 });
          peer.send(...['1', '2', '3'].map((text) => peer.frame(1, text)));
          await settled();
          expect(stream.isPaused()).to.equal(true);
          connection.close(4000);
          peer.sendTexts('4');
          peer.answerClose(4000);
          await settled();
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
          expect(connection.counters).to.include({ messagesReceived: 0, messagesDiscarded: 4 });
        });

        it('reads on after a local close of a paused connection', async () => {
          const { connection, peer, events } = await wireUp(role, { maxQueuedMessages: 2 });
          const messages = collect(connection);
          connection.pause();
          await settled();
          connection.close(4000);
          peer.sendTexts('1', '2', '3');
          peer.answerClose(4000);
          await settled();
          expect(messages).to.deep.equal([]);
          expect(names(events)).not.to.include('disconnect');
          connection.resume();
          await settled();
          expect(messages).to.deep.equal(['1', '2']);
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
          expect(connection.counters.messagesDiscarded).to.equal(1);
        });

        it('keeps what the peer said before it closed for a consumer that comes within closeTimeoutMs', async () => {
          const { connection, peer, events } = await wireUp(role);
          peer.send(peer.frame(1, 'result'));
          peer.answerClose(1000);
          await settled();
          expect(names(events)).not.to.include('disconnect');
          const seen: unknown[] = [];
          for await (const message of connection) seen.push(message);
          await settled();
          expect(seen).to.deep.equal(['result']);
          expect(names(events).slice(-3)).to.deep.equal(['end', 'disconnect', 'close']);
        });

        it('ends without a consumer after closeTimeoutMs, and counts what was lost', async () => {
          const clock = fakeClock();
          try {
            const { connection, peer, events } = await wireUp(role);
            peer.send(peer.frame(1, 'result'));
            peer.answerClose(1000);
            await settled();
            clock.tick(4_999);
            await settled();
            expect(names(events)).not.to.include('close');
            clock.tick(1);
            await settled();
            expect(names(events).slice(-3)).to.deep.equal(['end', 'disconnect', 'close']);
            expect(connection.counters.messagesDiscarded).to.equal(1);
            expect(clock.countTimers()).to.equal(0);
          } finally {
            clock.restore();
          }
        });

        it('has patience with one who paused on purpose', async () => {
          const clock = fakeClock();
          try {
            const { connection, peer, events } = await wireUp(role);
            peer.send(peer.frame(1, 'result'));
            peer.answerClose(1000);
            await settled();
            connection.pause();
            clock.tick(10_000);
            await settled();
            expect(names(events)).not.to.include('close');
            const messages = collect(connection);
            connection.resume();
            await settled();
            expect(messages).to.deep.equal(['result']);
            expect(names(events).at(-1)).to.equal('close');
          } finally {
            clock.restore();
          }
        });

        it('ends at once when nothing waits', async () => {
          const { peer, events } = await wireUp(role);
          peer.answerClose(1000);
          await settled();
          expect(names(events).at(-1)).to.equal('close');
        });

        it('keeps nothing of an unclean end, and counts it', async () => {
          const { connection, peer, events } = await wireUp(role);
          peer.sendTexts('1', '2');
          peer.end();
          await settled();
          expect(names(events).at(-1)).to.equal('close');
          expect(connection.counters).to.include({ messagesReceived: 0, messagesDiscarded: 2 });
        });
      });

      describe('after our own close', () => {
        for (const [how, read] of [
          ['a pipe', (connection, sink) => void connection.pipe(sink)],
          ['a pipeline', (connection, sink) => void pipeline(connection, sink).catch(() => {})],
          [
            'for await',
            (connection, sink) =>
              void (async () => {
                for await (const message of connection)
                  await new Promise((done) => sink.write(message, done));
              })(),
          ],
        ] as [string, (connection: Connection, sink: Writable) => void][]) {
          it(`loses nothing for a slow reader: ${how}`, async () => {
            const { connection, peer, events } = await wireUp(role, { maxQueuedMessages: 2 });
            const seen: unknown[] = [];
            const sink = new Writable({
              objectMode: true,
              highWaterMark: 1,
              write(message, _encoding, done) {
                seen.push(message);
                setImmediate(done);
              },
            });
            read(connection, sink);
            const texts = Array.from({ length: 100 }, (_, count) => String(count));
            peer.sendTexts(...texts.slice(0, 50));
            await settled();
            connection.end();
            for (const text of texts.slice(50)) peer.sendTexts(text);
            peer.answerClose(1000);
            await settled(300);
            expect(seen).to.deep.equal(texts);
            expect(events).to.deep.include(['disconnect', 1000, '', true]);
            expect(connection.counters.messagesDiscarded).to.equal(0);
          });
        }

        it('takes a slow reader who goes on for progress', async () => {
          const clock = fakeClock();
          try {
            const waiting: (() => void)[] = [];
            const { connection, peer, events } = await wireUp(role, {
              maxQueuedMessages: 2,
              handler: async (...[, type]) => {
                if (type === 'text') await new Promise<void>((resolve) => waiting.push(resolve));
              },
            });
            for (let count = 0; count < 6; count++) peer.sendTexts('x');
            peer.answerClose(1000);
            await settled();
            connection.close();
            for (let count = 0; count < 6; count++) {
              for (let second = 0; second < 4; second++) {
                clock.tick(1_000);
                await settled(2);
              }
              waiting.shift()?.();
              await settled();
            }
            expect(names(events)).not.to.include('timeout');
            expect(events).to.deep.include(['disconnect', 1000, '', true]);
            expect(connection.counters).to.include({ messagesReceived: 6, messagesDiscarded: 0 });
          } finally {
            clock.restore();
          }
        });

        it('keeps what had come for a slow handler when the peer is gone', async () => {
          const seen: unknown[] = [];
          const waiting: (() => void)[] = [];
          const { connection, peer, events } = await wireUp(role, {
            maxQueuedMessages: 1,
            handler: async (...[, type, message]) => {
              if (type !== 'text') return;
              seen.push(message);
              await new Promise<void>((resolve) => waiting.push(resolve));
            },
          });
          peer.sendTexts('1', '2', '3', '4');
          await settled();
          peer.stream.reset();
          for (let count = 0; count < 3; count++) {
            await settled();
            expect(names(events)).not.to.include('disconnect');
            waiting.shift()?.();
          }
          await settled();
          expect(seen).to.deep.equal(['1', '2', '3', '4']);
          expect(events).to.deep.include(['disconnect', 1006, '', false]);
          expect(connection.counters.messagesDiscarded).to.equal(0);
        });
      });

      describe('what came behind the opening handshake', () => {
        it('is delivered in order, after connect, however it is cut', async () => {
          const { peer: speller } = wire(role);
          const wireImage = Buffer.concat([
            speller.frame(1, 'one'),
            speller.frame(9, 'p'),
            speller.frame(2, 'two', false),
            speller.frame(0, '!'),
            speller.closeFrame(4000, 'bye'),
          ]);
          for (let cut = 0; cut <= wireImage.length; cut++) {
            const seen: unknown[] = [];
            const handler: Connection['handler'] = (...[, type, message]) => {
              if (type === 'connect') seen.push(type);
              else if (type === 'close') seen.push(message.code);
              else if (type === 'text' || type === 'binary' || type === 'ping') seen.push(String(message));
            };
            const { peer } = wire(role, { handler, head: wireImage.subarray(0, cut) });
            peer.send(wireImage.subarray(cut));
            await settled(4);
            expect(seen, `cut at ${cut}`).to.deep.equal(['connect', 'one', 'p', 'two!', 4000]);
          }
        });

        it('is read once, and left as it was', async () => {
          const { peer: speller } = wire(role);
          const head = speller.frame(1, 'one');
          const before = head.toString('hex');
          const { connection } = wire(role, { head });
          const messages = collect(connection);
          await settled();
          expect(messages).to.deep.equal(['one']);
          expect(head.toString('hex')).to.equal(before);
          expect(connection.bytesReceived).to.equal(head.length);
        });

        it('may be a Uint8Array, and empty', async () => {
          const { peer: speller } = wire(role);
          const first = wire(role, { head: new Uint8Array(speller.frame(1, 'one')) });
          const second = wire(role, { head: new Uint8Array(0) });
          const messages = [collect(first.connection), collect(second.connection)];
          second.peer.sendTexts('two');
          await settled();
          expect(messages).to.deep.equal([['one'], ['two']]);
        });
      });

      describe('to an asynchronous handler', () => {
        /** Takes messages until it is told to go on. */
        function slowHandler(): {
          handler: NonNullable<Connection['handler']>;
          seen: unknown[];
          goOn: () => void;
        } {
          const seen: unknown[] = [];
          const waiting: (() => void)[] = [];
          return {
            seen,
            goOn: () => waiting.shift()?.(),
            handler: async (...[, type, message]) => {
              if (type !== 'text') return;
              seen.push(message);
              await new Promise<void>((resolve) => waiting.push(resolve));
            },
          };
        }

        it('waits for its promise before the next message', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { peer } = await wireUp(role, { handler });
          peer.sendTexts('1', '2', '3');
          await settled();
          expect(seen).to.deep.equal(['1']);
          goOn();
          await settled();
          expect(seen).to.deep.equal(['1', '2']);
          goOn();
          await settled();
          expect(seen).to.deep.equal(['1', '2', '3']);
        });

        it('gives it as many at once as handlerConcurrency says', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { peer } = await wireUp(role, { handler, handlerConcurrency: 2 });
          peer.sendTexts('1', '2', '3', '4');
          await settled();
          expect(seen).to.deep.equal(['1', '2']);
          goOn();
          await settled();
          expect(seen).to.deep.equal(['1', '2', '3']);
        });

        it('never waits with handlerConcurrency: Infinity', async () => {
          const { handler, seen } = slowHandler();
          const { peer } = await wireUp(role, { handler, handlerConcurrency: Infinity });
          peer.sendTexts(...Array<string>(100).fill('x'));
          await settled();
          expect(seen).to.have.length(100);
        });

        it('delivers nothing until its promise for connect is kept', async () => {
          const seen: unknown[] = [];
          let goOn = (): void => {};
          const { connection, peer } = await wireUp(role, {
            handlerConcurrency: 5,
            handler: async (...[, type]) => {
              seen.push(type);
              if (type === 'connect') await new Promise<void>((resolve) => (goOn = resolve));
            },
          });
          connection.on('text', () => seen.push('event'));
          peer.send(peer.frame(1, 'x'), peer.frame(9));
          await settled();
          expect(seen).to.deep.equal(['connect', 'ping']);
          expect(peer.said()).to.deep.equal(['pong ""']);
          goOn();
          await settled();
          expect(seen).to.deep.equal(['connect', 'ping', 'event', 'text']);
        });

        it('pauses the socket past the bound, and resumes it when it has caught up', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { connection, peer, stream } = await wireUp(role, { handler, maxQueuedMessages: 2 });
          const texts = Array.from({ length: 10 }, (_, count) => String(count));
          for (const text of texts) peer.sendTexts(text);
          await settled(20);
          expect(stream.isPaused()).to.equal(true);
          expect(connection.isReadingPaused).to.equal(true);
          for (let count = 0; count < 10; count++) {
            goOn();
            await settled();
          }
          expect(seen).to.deep.equal(texts);
          expect(stream.isPaused()).to.equal(false);
        });

        it('gives it what came before a clean close, and reports the end behind that', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { peer, events } = await wireUp(role, { handler });
          peer.sendTexts('1', '2');
          peer.answerClose(4000);
          await settled();
          expect(names(events)).not.to.include('disconnect');
          goOn();
          await settled();
          expect(seen).to.deep.equal(['1', '2']);
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
        });

        it('gives it what came before the peer went without a word', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { peer, events } = await wireUp(role, { handler, maxQueuedMessages: 1 });
          peer.sendTexts('1', '2', '3', '4');
          peer.end();
          for (let count = 0; count < 3; count++) {
            await settled();
            expect(names(events)).not.to.include('disconnect');
            goOn();
          }
          await settled();
          expect(seen).to.deep.equal(['1', '2', '3', '4']);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('gives it what came before the peer broke a rule', async () => {
          const { handler, seen, goOn } = slowHandler();
          const { peer, events } = await wireUp(role, { handler });
          peer.send(peer.frame(1, '1'), peer.frame(1, '2'), peer.frame(3));
          peer.end();
          await settled();
          goOn();
          await settled();
          expect(seen).to.deep.equal(['1', '2']);
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
        });

        it('does not wait for one that never comes back when we end at once', async () => {
          const { handler } = slowHandler();
          const { connection, peer, events } = await wireUp(role, { handler });
          peer.sendTexts('1', '2', '3');
          await settled();
          connection.terminate();
          await settled();
          expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
          expect(connection.counters.messagesDiscarded).to.equal(2);
        });

        it('never waits for a plain listener', async () => {
          const { connection, peer } = await wireUp(role);
          let count = 0;
          connection.on('text', () => {
            count += 1;
            return new Promise(() => {}) as unknown as undefined;
          });
          peer.sendTexts('1', '2', '3');
          await settled();
          expect(count).to.equal(3);
        });
      });

      describe('fairness', () => {
        it('yields after maxTurnFrames frames', async () => {
          const { connection, peer } = await wireUp(role, { maxTurnFrames: 10 });
          const turns: number[] = [];
          let turn = 0;
          connection.on('text', () => turns.push(turn));
          peer.send(...Array.from({ length: 25 }, () => peer.frame(1, 'x')));
          for (; turn < 8; turn++) await settled(1);
          const counts = [...new Set(turns)].map((at) => turns.filter((of) => of === at).length);
          expect(counts).to.deep.equal([10, 10, 5]);
        });

        it('yields after maxTurnBytes octets', async () => {
          const { connection, peer, stream } = await wireUp(role, { maxTurnBytes: 100 });
          collect(connection);
          let pauses = 0;
          stream.on('pause', () => (pauses += 1));
          peer.sendTexts('x'.repeat(50));
          await settled();
          expect(pauses).to.equal(0);
          peer.sendTexts('x'.repeat(200));
          await settled();
          expect(pauses).to.equal(1);
          expect(stream.isPaused()).to.equal(false);
        });
      });

      describe('limits', () => {
        it('fails with 1008 a peer that sends more control frames than the bucket holds', async () => {
          const wired = await wireUp(role, { controlFrameBurst: 5, controlFramesPerSecond: 1 });
          const { peer } = wired;
          peer.send(...Array.from({ length: 6 }, () => peer.frame(10)));
          await expectFailed(wired, 1008);
          expect(names(wired.events).filter((name) => name === 'pong')).to.have.length(5);
        });

        it('lets the bucket fill again with time', async () => {
          const clock = fakeClock();
          try {
            const { connection, peer } = await wireUp(role, {
              controlFrameBurst: 2,
              controlFramesPerSecond: 2,
            });
            for (let second = 0; second < 5; second++) {
              peer.send(peer.frame(9), peer.frame(10));
              await settled();
              clock.tick(1_000);
            }
            expect(connection.state).to.equal('CONNECTED');
            peer.send(peer.frame(9), peer.frame(9), peer.frame(9));
            await settled();
            expect(connection.state).to.equal('CLOSED');
          } finally {
            clock.restore();
          }
        });

        it('fails with 1009 a message longer than maxMessageBytes, from its header', async () => {
          const wired = await wireUp(role, { maxMessageBytes: 10 });
          wired.peer.send(wired.peer.frame(1, 'x'.repeat(11)).subarray(0, 2));
          wired.peer.send(Buffer.alloc(4));
          await expectFailed(wired, 1009);
        });

        it('fails with 1008 a run of empty fragments', async () => {
          const wired = await wireUp(role, { maxEmptyFragments: 3 });
          const { peer } = wired;
          peer.send(peer.frame(1, 'x', false), ...Array.from({ length: 4 }, () => peer.frame(0, '', false)));
          await expectFailed(wired, 1008);
        });

        it('fails with 1002 frames that are masked the wrong way (RFC 6455 §5.1)', async () => {
          const wired = await wireUp(role);
          wired.peer.send(role === 'server' ? '81 01 78' : '81 81 00 00 00 00 78');
          await expectFailed(wired, 1002);
        });
      });

      describe('over a stream that answers within the call', () => {
        it('loses and repeats nothing', async () => {
          const { connection, peer, stream } = await wireUp(role, { maxQueuedMessages: 2 }, { atOnce: true });
          const seen: string[] = [];
          peer.stream.on('data', () => {
            if (seen.length < 20) peer.sendTexts(`r${seen.length}`, 'and');
          });
          connection.on('text', (text) => {
            seen.push(text);
            if (text !== 'and') connection.send('text', text);
          });
          peer.sendTexts('a', 'b', 'c');
          await settled(40);
          expect(seen.slice(0, 3)).to.deep.equal(['a', 'b', 'c']);
          expect(seen.length).to.be.at.least(20);
          expect(connection.counters.messagesReceived).to.equal(seen.length);
          expect(stream.isPaused()).to.equal(false);
          expect(connection.state).to.equal('CONNECTED');
        });

        it('takes up what comes while it delivers what had waited', async () => {
          const { connection, peer } = await wireUp(role, {}, { atOnce: true });
          const seen: string[] = [];
          peer.sendTexts('1');
          connection.on('text', (text) => {
            seen.push(text);
            if (text === '1') {
              peer.sendTexts('2');
              peer.sendTexts('3');
            }
          });
          await settled();
          expect(seen).to.deep.equal(['1', '2', '3']);
        });

        it('goes through a whole closing handshake', async () => {
          const [left, right] = duplexPair({ atOnce: true });
          const server = AnyConnection.takeover(left, { server: true });
          const client = AnyConnection.takeover(right);
          const ends: unknown[] = [];
          server.on('text', (text) => server.send('text', text));
          client.on('text', () => client.close(4000, 'done'));
          for (const end of [server, client]) end.on('disconnect', (...args) => ends.push(args));
          client.send('text', 'x');
          await settled();
          expect(ends).to.have.deep.members([
            [4000, 'done', true],
            [4000, '', true],
          ]);
        });
      });
    });
  }

  it('leaves the chunks of a foreign stream as they were: others may hold them', async () => {
    const [stream, far] = duplexPair();
    const peer = new WirePeer(far, 'client');
    const connection = AnyConnection.takeover(stream, { server: true });
    const messages = collect(connection);
    const chunk = octets('81 85 37 fa 21 3d 7f 9f 4d 51 58');
    far.write(chunk);
    await settled();
    expect(messages).to.deep.equal(['Hello']);
    expect(chunk.toString('hex')).to.equal('818537fa213d7f9f4d5158');
    connection.terminate();
    peer.stream.destroy();
    await settled();
  });
});
