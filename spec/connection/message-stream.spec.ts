import { expect } from 'chai';
import { once } from 'node:events';
import {
  Duplex,
  PassThrough,
  Readable,
  Transform,
  Writable,
  finished as finishedCallback,
} from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { ConnectionClosedError } from '../../lib/errors.js';
import type { Connection } from '../../lib/takeover.js';
import { ROLES, names, outcomeOf, settled, unwire, wire, wireUp, type Wired } from '../wire-peer.js';

/** Reads a connection to its end. */
async function readAll(connection: Connection): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of connection) messages.push(message);
  return messages;
}

describe('MessageStream: a connection as a stream', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('reading', () => {
        it('gives one chunk a message: strings, Buffers, and empty ones', async () => {
          const { connection, peer } = await wireUp(role);
          const reading = readAll(connection);
          peer.send(peer.frame(1, 'text'), peer.frame(1), peer.frame(2, 'octets'), peer.frame(2));
          peer.answerClose(1000);
          expect(await reading).to.deep.equal(['text', '', Buffer.from('octets'), Buffer.alloc(0)]);
        });

        it('gives the data of fragments with fragments: true', async () => {
          const { connection, peer } = await wireUp(role, { fragments: true });
          const reading = readAll(connection);
          peer.send(peer.frame(1, 'one', false), peer.frame(0, 'two'));
          peer.answerClose(1000);
          expect(await reading).to.deep.equal(['one', 'two']);
        });

        for (const [how, begin] of [
          ['for await', (connection: Connection, seen: unknown[]) => void readInto(connection, seen)],
          ['data', (connection, seen) => void connection.on('data', (message) => seen.push(message))],
          [
            'readable',
            (connection, seen) =>
              void connection.on('readable', () => {
                for (let message; (message = connection.read()) !== null;) seen.push(message);
              }),
          ],
          ['pipe', (connection, seen) => void connection.pipe(collector(seen))],
          ['pipeline', (connection, seen) => void pipeline(connection, collector(seen)).catch(() => {})],
          [
            'toArray',
            (connection, seen) =>
              void connection.toArray().then((messages: unknown[]) => seen.push(...messages)),
          ],
          [
            'map',
            (connection, seen) =>
              void connection.map((message: unknown) => message).forEach((m) => void seen.push(m)),
          ],
          [
            'Readable.toWeb',
            (connection, seen) =>
              void (async () => {
                for await (const message of Readable.toWeb(connection as Readable)) seen.push(message);
              })(),
          ],
          [
            'compose',
            (connection, seen) =>
              void connection
                .compose(new PassThrough({ objectMode: true }))
                .on('data', (message: unknown) => seen.push(message)),
          ],
        ] as [string, (connection: Connection, seen: unknown[]) => void][]) {
          it(`with ${how} gives all messages in order, to the end`, async () => {
            const { connection, peer } = await wireUp(role);
            const seen: unknown[] = [];
            peer.sendTexts('early');
            await settled();
            begin(connection, seen);
            peer.sendTexts('1', '', '2');
            await settled();
            peer.sendTexts(...Array.from({ length: 40 }, (_, count) => `n${count}`));
            peer.answerClose(1000);
            await settled(20);
            expect(seen).to.deep.equal([
              'early',
              '1',
              '',
              '2',
              ...Array.from({ length: 40 }, (_, count) => `n${count}`),
            ]);
            expect(connection.destroyed).to.equal(true);
            expect(connection.readableEnded).to.equal(true);
          });
        }

        it('gives a consumer of events and one of the stream the same messages', async () => {
          const { connection, peer } = await wireUp(role);
          const events: string[] = [];
          const data: unknown[] = [];
          peer.sendTexts('early');
          await settled();
          connection.on('text', (text) => events.push(text));
          connection.on('data', (message) => data.push(message));
          peer.sendTexts('late');
          await settled();
          expect(events).to.deep.equal(['early', 'late']);
          expect(data).to.deep.equal(['early', 'late']);
        });

        it('pushes nothing as long as nobody reads the stream', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('text', () => {});
          peer.sendTexts(...Array<string>(100).fill('x'));
          await settled();
          expect(connection.readableLength).to.equal(0);
          expect(connection.counters.messagesReceived).to.equal(100);
        });

        it('pauses the socket when the reader is slow, and goes on when it has caught up', async () => {
          const { connection, peer, stream } = await wireUp(role, { maxQueuedMessages: 2 });
          const iterator = connection[Symbol.asyncIterator]();
          const first = iterator.next();
          peer.sendTexts(...Array.from({ length: 100 }, (_, count) => String(count)));
          await settled();
          peer.sendTexts('last');
          await settled();
          expect((await first).value).to.equal('0');
          expect(stream.isPaused()).to.equal(true);
          expect(connection.isReadingPaused).to.equal(true);
          expect(connection.counters.messagesReceived).to.be.below(30);
          const rest: unknown[] = [];
          for (let count = 0; count < 100; count++) rest.push((await iterator.next()).value);
          expect(rest.slice(-2)).to.deep.equal(['99', 'last']);
          expect(stream.isPaused()).to.equal(false);
        });

        it('holds no more for a slow reader than one message and what the inbox takes', async () => {
          const { connection, peer } = await wireUp(role, { maxQueuedBytes: 1_000, maxQueuedMessages: 3 });
          const iterator = connection[Symbol.asyncIterator]();
          const first = iterator.next();
          for (let i = 0; i < 40; i++) peer.sendTexts('x'.repeat(400));
          expect((await first).value).to.have.length(400);
          await settled(20);
          expect(connection.readableLength).to.be.at.most(1);
          expect(connection.isReadingPaused).to.equal(true);
          expect(connection.counters.messagesReceived).to.be.at.most(2);
          for (let i = 1; i < 40; i++) expect((await iterator.next()).value).to.have.length(400);
          connection.terminate();
          await outcomeOf(iterator.next());
        });

        it('stops at once with pause, delivers nothing, and goes on with resume', async () => {
          const { connection, peer, stream } = await wireUp(role);
          const texts: string[] = [];
          connection.on('text', (text) => {
            texts.push(text);
            if (text === '2') connection.pause();
          });
          peer.sendTexts('1', '2', '3');
          await settled();
          peer.sendTexts('4');
          await settled();
          expect(texts).to.deep.equal(['1', '2']);
          expect(stream.isPaused()).to.equal(true);
          expect(connection.isReadingPaused).to.equal(true);
          connection.resume();
          await settled();
          expect(texts).to.deep.equal(['1', '2', '3', '4']);
        });

        it('lets a listener that pauses have messages one by one', async () => {
          const { connection, peer } = await wireUp(role);
          const texts: string[] = [];
          let underWay = 0;
          let most = 0;
          connection.on('text', (text) => {
            texts.push(text);
            most = Math.max(most, (underWay += 1));
            connection.pause();
            void settled(2).then(() => {
              underWay -= 1;
              connection.resume();
            });
          });
          peer.sendTexts('a', 'b', 'c', 'd');
          await settled(30);
          expect(texts).to.deep.equal(['a', 'b', 'c', 'd']);
          expect(most).to.equal(1);
        });

        it('may be paused before it is open', async () => {
          const { connection, peer } = wire(role);
          const texts: string[] = [];
          connection.on('text', (text) => texts.push(text));
          connection.pause();
          peer.sendTexts('1');
          await settled();
          expect(texts).to.deep.equal([]);
          connection.resume();
          await settled();
          expect(texts).to.deep.equal(['1']);
        });

        it('forgets a pause when somebody reads by hand, even from before it was open', async () => {
          const { connection, peer } = wire(role);
          connection.pause();
          const reading = readAll(connection);
          await settled();
          peer.sendTexts('1');
          peer.answerClose(1000);
          expect(await outcomeOf(reading)).to.deep.equal(['1']);
        });
      });

      describe('ending', () => {
        it('starts the closing handshake with end, and finishes once our Close was taken', async () => {
          const { connection, peer, stream, events } = await wireUp(role);
          stream.hold();
          connection.write('stuck');
          connection.end('last', () => events.push(['end callback']));
          await settled();
          expect(names(events)).to.deep.equal(['connect', 'closing']);
          expect(events.at(-1)).to.deep.equal(['closing', 1000, 'Normal closure', 'local']);
          stream.release();
          await settled();
          expect(peer.said()).to.deep.equal(['text "stuck"', 'text "last"', 'close 1000 "Normal closure"']);
          expect(names(events).slice(2)).to.have.members(['finish', 'end callback']);
          expect(connection.writableFinished).to.equal(true);
        });

        it('takes the last message out of a cork', async () => {
          const { connection, peer } = await wireUp(role);
          connection.cork();
          connection.write('one');
          connection.end('two');
          await settled();
          expect(peer.said()).to.deep.equal(['text "one"', 'text "two"', 'close 1000 "Normal closure"']);
        });

        it('emits end on every clean close, though nobody reads', async () => {
          const { peer, events } = await wireUp(role);
          peer.answerClose(1000);
          await settled();
          expect(names(events)).to.include('end');
          expect(names(events).at(-1)).to.equal('close');
        });

        it('emits end on a clean close of a paused connection that holds nothing', async () => {
          const { connection, peer, events } = await wireUp(role);
          connection.pause();
          connection.close();
          peer.answerClose(1000);
          await settled();
          expect(names(events).slice(-3)).to.deep.equal(['end', 'disconnect', 'close']);
        });

        it('waits with close for a reader that has messages left', async () => {
          const { connection, peer, events } = await wireUp(role);
          const iterator = connection[Symbol.asyncIterator]();
          const first = iterator.next();
          await settled();
          peer.sendTexts('1', '2', '3');
          peer.answerClose(1000);
          await settled();
          expect((await first).value).to.equal('1');
          expect(names(events)).not.to.include('disconnect');
          expect([(await iterator.next()).value, (await iterator.next()).value]).to.deep.equal(['2', '3']);
          expect((await iterator.next()).done).to.equal(true);
          await settled();
          expect(names(events).slice(-3)).to.deep.equal(['end', 'disconnect', 'close']);
        });

        it('resolves finished on a clean close, whoever closes', async () => {
          const ours = await wireUp(role);
          const theirs = await wireUp(role);
          const waiting = [finished(ours.connection), finished(theirs.connection)];
          ours.connection.write('x');
          theirs.connection.write('x');
          ours.connection.close(4000);
          await settled();
          ours.peer.answerClose(4000);
          theirs.peer.answerClose(1001);
          expect(await Promise.all(waiting.map(outcomeOf))).to.deep.equal([undefined, undefined]);
        });

        it('rejects finished, pipeline and for await on an unclean end', async () => {
          const waiting = await Promise.all(
            [
              (connection: Connection) => finished(connection),
              (connection: Connection) => pipeline(connection, collector([])),
              (connection: Connection) => pipeline(endless(), connection),
              (connection: Connection) => pipeline(Readable.from(endless()), connection),
              (connection: Connection) => readAll(connection),
              (connection: Connection) => connection.toArray(),
            ].map(async (wait) => {
              const { connection, peer } = await wireUp(role);
              connection.on('error', () => {});
              const waiting = outcomeOf(wait(connection));
              await settled(2);
              peer.end();
              return waiting;
            }),
          );
          for (const outcome of waiting) expect(outcome).to.be.instanceOf(ConnectionClosedError);
        });

        it('rejects a pipeline into it that the peer cuts short with a clean Close', async () => {
          const { connection, peer } = await wireUp(role);
          const source = new PassThrough({ objectMode: true });
          const copying = outcomeOf(pipeline(source, connection));
          source.write('one');
          await settled();
          peer.answerClose(1000);
          expect(await copying).to.have.property('code', 'ERR_STREAM_PREMATURE_CLOSE');
          expect(source.destroyed).to.equal(true);
        });

        it('carries a whole source through a pipeline, and closes behind it', async () => {
          const { connection, peer } = await wireUp(role);
          const copying = outcomeOf(pipeline(Readable.from(['1', '', Buffer.from('2')]), connection));
          await settled();
          peer.answerClose(1000);
          expect(await copying).to.equal(undefined);
          expect(peer.said()).to.deep.equal([
            'text "1"',
            'text ""',
            'binary "2"',
            'close 1000 "Normal closure"',
          ]);
        });

        it('echoes through a pipeline from itself to itself, until the peer closes', async () => {
          const { connection, peer } = await wireUp(role);
          const upper = new Transform({
            objectMode: true,
            transform: (text: string, _encoding, done) => done(null, text.toUpperCase()),
          });
          const echoing = outcomeOf(pipeline(connection, upper, connection));
          peer.sendTexts('a', 'b');
          await settled();
          peer.answerClose(1000);
          expect(await echoing).to.equal(undefined);
          expect(peer.said()).to.deep.equal(['text "A"', 'text "B"', 'close 1000 ""']);
        });

        it('echoes through a pipeline over a generator', async () => {
          const { connection, peer } = await wireUp(role);
          const echoing = outcomeOf(
            pipeline(
              connection,
              async function* (messages: AsyncIterable<string>) {
                for await (const message of messages) yield message.toUpperCase();
              },
              connection,
            ),
          );
          peer.sendTexts('a', 'b');
          await settled();
          peer.answerClose(1000);
          expect(await echoing).to.equal(undefined);
          expect(peer.said()).to.deep.equal(['text "A"', 'text "B"', 'close 1000 ""']);
        });

        for (const [whose, end] of [
          ['the peer closes', (wired: Wired) => wired.peer.send(wired.peer.closeFrame(1000))],
          ['we close', (wired: Wired) => wired.connection.close()],
        ] as const) {
          it(`rejects a pipeline from a generator that has not come to its end when ${whose}`, async () => {
            const wired = await wireUp(role);
            const { connection, peer } = wired;
            let isReturned = false;
            let goOn = (): void => {};
            const copying = outcomeOf(
              pipeline(async function* () {
                try {
                  yield 'tick';
                  await new Promise<void>((resolve) => (goOn = resolve));
                  yield 'late';
                } finally {
                  isReturned = true;
                }
              }, connection),
            );
            await settled(2);
            end(wired);
            peer.answerClose(1000);
            await settled();
            expect(connection.destroyed).to.equal(true);
            goOn();
            expect(await copying).to.have.property('code', 'ERR_STREAM_PREMATURE_CLOSE');
            expect(isReturned).to.equal(true);
            expect(peer.said().slice(0, 1)).to.deep.equal(['text "tick"']);
          });
        }

        it('takes our Close out of a cork while a writer is at work', async () => {
          const { connection, peer } = await wireUp(role);
          connection.on('drain', () => {});
          connection.cork();
          connection.write('one');
          connection.close(4000);
          await settled();
          expect(peer.said()).to.deep.equal(['text "one"', 'close 4000 ""']);
        });

        it('becomes a pair of web streams', async () => {
          const { connection, peer } = await wireUp(role);
          const { readable, writable } = Duplex.toWeb(connection as Duplex);
          const reader = readable.getReader();
          const writer = writable.getWriter();
          await writer.write('out');
          peer.sendTexts('in', '');
          expect((await reader.read()).value).to.equal('in');
          expect((await reader.read()).value).to.equal('');
          const closing = outcomeOf(writer.close());
          await settled();
          peer.answerClose(1000);
          expect((await reader.read()).done).to.equal(true);
          expect(await closing).to.equal(undefined);
          expect(peer.said()).to.deep.equal(['text "out"', 'close 1000 "Normal closure"']);
        });

        it('is a good end of a pipe, and of a pipe that is undone', async () => {
          const { connection, peer } = await wireUp(role);
          const source = new PassThrough({ objectMode: true });
          source.pipe(connection);
          source.write('1');
          await settled();
          source.unpipe(connection);
          source.write('2');
          connection.write('3');
          await settled();
          expect(peer.said()).to.deep.equal(['text "1"', 'text "3"']);
        });
      });

      describe('destroy', () => {
        for (const [what, error, line] of [
          ['without an error', undefined, 'close 1001 "Endpoint going away"'],
          ['with an error', new Error('ours'), 'close 1011 "Unexpected condition"'],
        ] as const) {
          it(`${what} says goodbye as far as the socket takes it`, async () => {
            const { connection, peer, events } = await wireUp(role);
            const errors: Error[] = [];
            connection.on('error', (thrown) => errors.push(thrown));
            connection.send('text', 'before');
            connection.destroy(error);
            expect([connection.state, connection.readyState]).to.deep.equal(['CLOSED', 3]);
            await settled();
            expect(peer.said()).to.deep.equal(['text "before"', line]);
            expect(peer.stream.readableEnded).to.equal(true);
            expect(errors).to.deep.equal(error === undefined ? [] : [error]);
            expect(names(events)).to.deep.equal([
              'connect',
              'closing',
              'disconnect',
              ...(error === undefined ? [] : ['error']),
              'close',
            ]);
            expect(events.at(-1)).to.deep.equal(['close', 1006, '']);
          });
        }

        it('delivers nothing any more', async () => {
          const seen: unknown[] = [];
          let release = (): void => {};
          const { connection, peer } = await wireUp(role, {
            handler: async (...[, type]) => {
              seen.push(type);
              if (type === 'text') await new Promise<void>((resolve) => (release = resolve));
            },
          });
          peer.sendTexts('1', '2', '3');
          await settled();
          connection.destroy();
          await settled();
          release();
          await settled();
          expect(seen).to.deep.equal(['connect', 'text', 'close', 'disconnect']);
          expect(connection.counters.messagesDiscarded).to.equal(2);
        });

        it('before connect emits close alone', async () => {
          const { connection, peer, events } = wire(role);
          connection.destroy();
          await settled();
          expect(names(events)).to.deep.equal(['closing', 'close']);
          expect(peer.said()).to.deep.equal(['close 1001 "Endpoint going away"']);
        });

        it('ends the stream though the peer has not ended its own', async () => {
          const { connection, peer, stream } = await wireUp(role, { closeTimeoutMs: 20 });
          connection.destroy();
          await once(stream, 'close');
          expect(peer.said()).to.deep.equal(['close 1001 "Endpoint going away"']);
        });

        it('is what breaking out of for await does', async () => {
          const { connection, peer } = await wireUp(role);
          peer.sendTexts('1', '2');
          for await (const message of connection) {
            expect(message).to.equal('1');
            break;
          }
          await settled();
          expect(connection.destroyed).to.equal(true);
          expect(peer.said()).to.deep.equal(['close 1001 "Endpoint going away"']);
        });
      });

      describe('await using', () => {
        it('closes with 1000 and waits for close', async () => {
          const { connection, peer, events } = await wireUp(role);
          const disposing = outcomeOf(connection[Symbol.asyncDispose]());
          await settled(1);
          peer.answerClose(1000);
          expect(await disposing).to.equal(undefined);
          expect(names(events).at(-1)).to.equal('close');
          await connection[Symbol.asyncDispose]();
          expect(events.filter(([event]) => event === 'close')).to.have.length(1);
        });

        it('does not wait for a reader: whoever disposes was it', async () => {
          const { connection, peer } = await wireUp(role);
          const iterator = connection[Symbol.asyncIterator]();
          peer.sendTexts('1', '2', '3', ...Array<string>(40).fill('x'));
          await iterator.next();
          const disposing = outcomeOf(connection[Symbol.asyncDispose]());
          await settled(1);
          peer.answerClose(1000);
          expect(await disposing).to.equal(undefined);
        });

        it('does not wait for a reader that the peer left with messages', async () => {
          const { connection, peer, events } = await wireUp(role);
          const iterator = connection[Symbol.asyncIterator]();
          const first = iterator.next();
          peer.sendTexts('1', '2', '3');
          peer.answerClose(1000);
          await settled();
          expect((await first).value).to.equal('1');
          expect(names(events)).not.to.include('close');
          expect(await outcomeOf(connection[Symbol.asyncDispose]())).to.equal(undefined);
        });

        it('gives up an opening handshake', async () => {
          const client = new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {}, handler: () => {} });
          expect(await outcomeOf(client[Symbol.asyncDispose]())).to.equal(undefined);
          expect(client.destroyed).to.equal(true);
        });
      });

      it('reports at most one error, with the first cause', async () => {
        const { connection, peer } = await wireUp(role);
        const errors: Error[] = [];
        connection.on('error', (error) => errors.push(error));
        peer.send(peer.frame(3));
        await settled();
        connection.destroy(new Error('second'));
        peer.stream.reset();
        await settled();
        expect(errors).to.have.length(1);
      });

      it('calls finished back once', async () => {
        const { connection, peer } = await wireUp(role);
        let calls = 0;
        finishedCallback(connection, () => (calls += 1));
        peer.answerClose(1000);
        await settled();
        expect(calls).to.equal(1);
      });
    });
  }
});

async function readInto(connection: Connection, seen: unknown[]): Promise<void> {
  for await (const message of connection) seen.push(message);
}

function collector(seen: unknown[]): Writable {
  return new Writable({
    objectMode: true,
    write(chunk, _encoding, done) {
      seen.push(chunk);
      done();
    },
  });
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'x';
    await new Promise((resolve) => setImmediate(resolve));
  }
}
