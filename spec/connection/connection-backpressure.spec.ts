import { expect } from 'chai';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import {
  ConnectionClosedError,
  InvalidOptionError,
  InvalidStateError,
  LimitError,
} from '../../lib/errors.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { processLimits } from '../../lib/connection/process-limits.js';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import type { Connection } from '../../lib/takeover.js';
import { ROLES, collect, settled, unwire, wireUp, type Wired } from '../wire-peer.js';

/** Counts the `drain` events of a connection from now on. */
function countDrains(connection: Connection): () => number {
  let count = 0;
  connection.on('drain', () => (count += 1));
  return () => count;
}

describe('Connection: backpressure', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      const header = role === 'client' ? 6 : 2;

      /** Opens a connection whose peer takes nothing. */
      async function stalled(options: TakeoverOptions = {}): Promise<Wired> {
        const wired = await wireUp(role, options);
        wired.stream.hold();
        return wired;
      }

      describe('towards the peer', () => {
        it('counts what the socket has not taken', async () => {
          const { connection, stream } = await stalled();
          expect(connection.bufferedAmount).to.equal(0);
          connection.send('text', '12345');
          expect(connection.bufferedAmount).to.equal(header + 5);
          await settled();
          connection.write('123');
          expect(connection.bufferedAmount).to.equal(2 * header + 8);
          stream.release();
          await settled();
          expect(connection.bufferedAmount).to.equal(0);
        });

        it('counts what is corked', async () => {
          const { connection } = await wireUp(role);
          connection.cork();
          connection.write('12345');
          connection.send('binary', Buffer.alloc(3));
          expect(connection.bufferedAmount).to.equal(8);
          connection.uncork();
          await settled();
          expect(connection.bufferedAmount).to.equal(0);
        });

        it('answers write with false from the soft limit on, and drains below it', async () => {
          const { connection, stream } = await stalled({ softBacklogBytes: 2 * (header + 10) });
          const drains = countDrains(connection);
          expect(connection.write('x'.repeat(10))).to.equal(true);
          expect(connection.writableNeedDrain).to.equal(false);
          expect(connection.write('x'.repeat(10))).to.equal(false);
          expect(connection.writableNeedDrain).to.equal(true);
          expect(connection.write('x'.repeat(10))).to.equal(false);
          await settled();
          expect(drains()).to.equal(0);
          stream.release();
          await settled();
          expect(drains()).to.equal(1);
          expect(connection.writableNeedDrain).to.equal(false);
          expect(connection.write('x')).to.equal(true);
        });

        it('drains for users of send as well', async () => {
          const { connection, stream } = await stalled({ softBacklogBytes: 20 });
          const drains = countDrains(connection);
          connection.send('text', 'x'.repeat(30));
          expect(connection.writableNeedDrain).to.equal(true);
          await settled();
          stream.release();
          await settled();
          expect(drains()).to.equal(1);
        });

        it('answers by octets, not by messages, also while corked', async () => {
          const { connection } = await wireUp(role, { softBacklogBytes: 1000 });
          const drains = countDrains(connection);
          connection.cork();
          for (let count = 0; count < 100; count++) expect(connection.write('x')).to.equal(true);
          expect(connection.writableNeedDrain).to.equal(false);
          expect(connection.write('x'.repeat(1000))).to.equal(false);
          expect(connection.writableNeedDrain).to.equal(true);
          await settled();
          expect(drains()).to.equal(0);
          connection.uncork();
          await settled();
          expect(drains()).to.be.at.least(1);
          expect(connection.writableNeedDrain).to.equal(false);
        });

        it('does not drain while what is corked keeps the backlog up', async () => {
          const { connection, stream } = await stalled({ softBacklogBytes: 20 });
          const drains = countDrains(connection);
          connection.write('x'.repeat(30));
          await settled();
          connection.cork();
          connection.write('y'.repeat(30));
          stream.release();
          await settled();
          expect(drains()).to.equal(0);
          expect(connection.writableNeedDrain).to.equal(true);
          connection.uncork();
          await settled();
          expect(drains()).to.equal(1);
        });

        it('holds back a source that is piped in', async () => {
          const { connection, peer, stream } = await stalled({ softBacklogBytes: 100 });
          let produced = 0;
          const source = Readable.from(
            (function* () {
              for (; produced < 200; produced++) yield 'x'.repeat(20);
            })(),
          );
          const copying = pipeline(source, connection);
          await settled(20);
          expect(produced).to.be.below(60);
          stream.release();
          await settled(20);
          peer.answerClose(1000);
          await copying;
          expect(peer.frames()).to.have.length(201);
        });

        it('does not drain a connection that closes', async () => {
          const { connection, stream } = await stalled({ softBacklogBytes: 20 });
          const drains = countDrains(connection);
          connection.send('text', 'x'.repeat(30));
          connection.close();
          await settled();
          stream.release();
          await settled();
          expect(drains()).to.equal(0);
        });

        it('gives large messages to the socket in slices', async () => {
          const { connection, peer, stream } = await stalled();
          connection.send('binary', Buffer.alloc(1_000_000, 'x'));
          await settled();
          const seen: number[] = [];
          for (let slice = 0; slice < 3; slice++) {
            stream.release(1);
            await settled();
            seen.push(connection.bufferedAmount);
          }
          expect(seen[0]).to.be.within(700_000, 999_999);
          expect(seen[2]).to.be.within(200_000, 300_000);
          stream.release();
          await settled();
          expect(peer.frames()[0]?.payload.length).to.equal(1_000_000);
        });
      });

      describe('past the hard limit', () => {
        const limits = { softBacklogBytes: 50, hardBacklogBytes: 100 };

        it('accepts one message of any size below it', async () => {
          const { connection } = await stalled(limits);
          expect(connection.send('text', 'x'.repeat(90 - header))).to.equal(90);
          expect(connection.send('binary', Buffer.alloc(100_000))).to.be.above(100_000);
          expect(connection.state).to.equal('CONNECTED');
        });

        for (const by of ['send', 'write', 'send of a prepared message', 'a fragment'] as const) {
          it(`ends the connection with the policy disconnect, at the next ${by}`, async () => {
            const { connection, peer, stream, events } = await stalled(limits);
            const errors: Error[] = [];
            connection.on('error', (error) => errors.push(error));
            connection.send('text', 'x'.repeat(100), by !== 'a fragment');
            const answers: unknown[] = [];
            if (by === 'write') {
              answers.push(connection.write('y', (error) => answers.push(error)));
              await settled();
              expect(answers[0]).to.equal(false);
              expect(answers[1]).to.be.instanceOf(ConnectionClosedError);
            } else if (by === 'send of a prepared message') {
              expect(connection.send(new PreparedMessage('text', 'y'))).to.equal(-1);
            } else {
              expect(connection.send('text', 'y')).to.equal(-1);
            }
            await settled();
            stream.release();
            await settled();
            expect(events.slice(1)).to.deep.equal([
              ['closing', 1013, 'slow consumer', 'local'],
              ['disconnect', 1006, '', false],
              ['error', 'ConnectionClosedError'],
              ['close', 1006, ''],
            ]);
            expect(errors[0]?.cause).to.be.instanceOf(LimitError).with.property('limit', 'hardBacklogBytes');
            expect(peer.stream.readableEnded).to.equal(true);
          });
        }

        it('ends a connection of which too much is corked in the same way', async () => {
          const { connection, events } = await wireUp(role, limits);
          connection.cork();
          connection.write('x'.repeat(100));
          expect(connection.write('y')).to.equal(false);
          await settled();
          expect(events).to.deep.include(['closing', 1013, 'slow consumer', 'local']);
        });

        it('drops with the policy drop: send returns 0, write false, and the drops are counted', async () => {
          const { connection, peer, stream } = await stalled({ ...limits, slowConsumer: 'drop' });
          const drains = countDrains(connection);
          connection.send('text', 'x'.repeat(100));
          const answers: unknown[] = [];
          expect(connection.send('text', 'dropped')).to.equal(0);
          expect(connection.write('dropped', (error) => answers.push(error))).to.equal(false);
          expect(connection.send(new PreparedMessage('text', 'y'))).to.equal(0);
          expect(connection.counters).to.include({ messagesSent: 1, messagesDropped: 3 });
          await settled();
          expect(answers).to.deep.equal([null]);
          stream.release();
          await settled();
          expect(drains()).to.equal(1);
          expect(connection.send('text', 'kept')).to.equal(header + 4);
          await settled();
          expect(peer.said()).to.deep.equal([`text "${'x'.repeat(100)}"`, 'text "kept"']);
        });

        it('drops what is written behind a cork, callback or none, and tells when there is room again', async () => {
          for (const answer of [undefined, () => undefined]) {
            const { connection, peer } = await wireUp(role, { ...limits, slowConsumer: 'drop' });
            const drains = countDrains(connection);
            connection.cork();
            connection.send('text', 'x'.repeat(100));
            expect(connection.write('dropped', answer)).to.equal(false);
            expect(connection.counters).to.include({ messagesSent: 1, messagesDropped: 1 });
            expect(connection.writableNeedDrain).to.equal(true);
            connection.uncork();
            await settled();
            expect(drains()).to.equal(1);
            expect(connection.write('kept', answer)).to.equal(true);
            await settled();
            expect(peer.said()).to.deep.equal([`text "${'x'.repeat(100)}"`, 'text "kept"']);
          }
        });

        it('drops whole messages only: all fragments, or none', async () => {
          const { connection, peer, stream } = await stalled({ ...limits, slowConsumer: 'drop' });
          expect(connection.send('text', 'begun', false)).to.be.above(0);
          expect(connection.send('text', 'x'.repeat(100), false)).to.be.above(0);
          expect(connection.send('text', 'goes on', false)).to.be.above(0);
          expect(connection.send('text', 'ends')).to.be.above(0);
          expect(connection.send('text', 'new', false)).to.equal(0);
          await settled();
          stream.release();
          await settled();
          expect(connection.send('text', 'of a dropped one', false)).to.equal(0);
          expect(connection.send('text', 'the end of it')).to.equal(0);
          expect(connection.send('text', 'next')).to.be.above(0);
          await settled();
          expect(peer.said()).to.deep.equal([
            'text "begun" …',
            `more "${'x'.repeat(100)}" …`,
            'more "goes on" …',
            'more "ends"',
            'text "next"',
          ]);
          expect(connection.counters.messagesDropped).to.equal(1);
        });

        it('lets no other message into the middle of a dropped one', async () => {
          const { connection, peer, stream } = await stalled({ ...limits, slowConsumer: 'drop' });
          connection.send('text', 'x'.repeat(100));
          expect(connection.send('text', 'dropped', false)).to.equal(0);
          expect(() => connection.write('y')).to.throw(/fragmented message is not finished/);
          await settled();
          stream.release();
          await settled();
          expect(connection.send(new PreparedMessage('text', 'y'))).to.equal(header + 1);
          expect(connection.send('text', 'the end of it')).to.equal(0);
          expect(connection.send('text', 'next')).to.be.above(0);
          await settled();
          expect(peer.frames().map(({ payload }) => payload.length)).to.deep.equal([100, 1, 4]);
        });

        it('stops reading from the peer with the policy pause, until below the soft limit', async () => {
          const { connection, peer, stream } = await stalled({ ...limits, slowConsumer: 'pause' });
          const messages = collect(connection);
          connection.send('text', 'x'.repeat(100));
          await settled();
          peer.sendTexts('before');
          await settled();
          expect(connection.send('text', 'taken')).to.be.above(0);
          expect(stream.isPaused()).to.equal(true);
          peer.sendTexts('after');
          await settled();
          expect(messages).to.deep.equal(['before']);
          stream.release();
          await settled();
          expect(messages).to.deep.equal(['before', 'after']);
          expect(connection.state).to.equal('CONNECTED');
        });

        it('does not stop reading for what only a cork holds back', async () => {
          const { connection, peer } = await wireUp(role, { ...limits, slowConsumer: 'pause' });
          const messages = collect(connection);
          connection.cork();
          connection.write('x'.repeat(100));
          connection.write('y');
          peer.sendTexts('in');
          await settled();
          expect(messages).to.deep.equal(['in']);
          connection.uncork();
          peer.sendTexts('more');
          await settled();
          expect(messages).to.deep.equal(['in', 'more']);
        });

        it('reads on after a penalty when the connection closes', async () => {
          const { connection, peer, stream, events } = await stalled({ ...limits, slowConsumer: 'pause' });
          collect(connection);
          connection.send('text', 'x'.repeat(100));
          connection.send('text', 'y');
          await settled();
          expect(stream.isPaused()).to.equal(true);
          connection.close();
          peer.send(peer.closeFrame(4000));
          await settled();
          expect(stream.isPaused()).to.equal(false);
          stream.release();
          peer.end();
          await settled();
          expect(events).to.deep.include(['disconnect', 4000, '', true]);
        });
      });

      describe('pongs', () => {
        it('join what is sent until the backlog is over the soft limit; then only the newest waits', async () => {
          const { connection, peer, stream } = await stalled({ softBacklogBytes: 30 });
          connection.send('text', 'x'.repeat(31));
          await settled();
          for (const text of ['1', '2', '3']) peer.send(peer.frame(9, text));
          await settled();
          expect(connection.counters.pongsDropped).to.equal(2);
          expect(connection.bufferedAmount).to.equal(header + 31);
          stream.release();
          await settled();
          expect(peer.said()).to.deep.equal([`text "${'x'.repeat(31)}"`, 'pong "3"']);
        });

        it('that waited do not follow our Close (RFC 6455 §5.5.1)', async () => {
          const { connection, peer, stream } = await stalled({ softBacklogBytes: 30 });
          connection.send('text', 'x'.repeat(31));
          await settled();
          peer.send(peer.frame(9, 'late'));
          await settled();
          connection.close();
          await settled();
          stream.release();
          await settled();
          expect(peer.said().slice(1)).to.deep.equal(['close 1000 "Normal closure"']);
        });
      });

      it('throws for a soft limit above the hard one; alone, the hard one brings it down', async () => {
        await stalled({ softBacklogBytes: 100, hardBacklogBytes: 100 });
        const { connection } = await stalled({ hardBacklogBytes: 100 });
        expect(connection.write('x'.repeat(100))).to.equal(false);
        const options = { softBacklogBytes: 101, hardBacklogBytes: 100 };
        let thrown: unknown;
        await wireUp(role, options).catch((error: unknown) => (thrown = error));
        expect(thrown).to.be.instanceOf(InvalidOptionError).with.property('option', 'softBacklogBytes');
      });

      it('ends the largest holder when the whole process holds too much', async () => {
        const { maxBacklogBytes } = processLimits();
        try {
          const small = await stalled({ softBacklogBytes: 10 });
          const large = await stalled({ softBacklogBytes: 10 });
          processLimits({ maxBacklogBytes: 10_000 });
          const errors: Error[] = [];
          large.connection.on('error', (error) => errors.push(error));
          small.connection.send('binary', Buffer.alloc(2_000));
          large.connection.send('binary', Buffer.alloc(7_000));
          expect(large.connection.state).to.equal('CONNECTED');
          small.connection.send('binary', Buffer.alloc(2_000));
          await settled();
          expect(small.connection.state).to.equal('CONNECTED');
          expect(large.events).to.deep.include(['closing', 1013, 'slow consumer', 'local']);
          expect(errors[0]?.cause).to.have.property('limit', 'maxBacklogBytes');
        } finally {
          processLimits({ maxBacklogBytes });
        }
      });
    });
  }

  describe('prepared messages', () => {
    const prepared = new PreparedMessage('text', 'B');

    it('go in order with all that is sent', async () => {
      const { connection, peer } = await wireUp('server');
      connection.send('text', 'A');
      expect(connection.send(prepared)).to.equal(3);
      connection.cork();
      connection.write('C');
      expect(connection.send(prepared)).to.equal(3);
      expect(connection.bufferedAmount).to.equal(3 + 3 + 1 + 1);
      connection.uncork();
      await settled();
      expect(peer.said()).to.deep.equal(['text "A"', 'text "B"', 'text "C"', 'text "B"']);
      expect(connection.counters.messagesSent).to.equal(4);
    });

    it('wait for the end of a message in fragments (RFC 6455 §5.4)', async () => {
      const { connection, peer } = await wireUp('server');
      connection.send('text', 'one', false);
      connection.send(prepared);
      connection.send(prepared);
      connection.send('text', 'two', false);
      await settled();
      expect(connection.bufferedAmount).to.equal(2);
      connection.send('text', 'three');
      await settled();
      expect(peer.said()).to.deep.equal([
        'text "one" …',
        'more "two" …',
        'more "three"',
        'text "B"',
        'text "B"',
      ]);
      expect(connection.bufferedAmount).to.equal(0);
    });

    it('return -1 once closing', async () => {
      const { connection, peer } = await wireUp('server');
      connection.close();
      expect(connection.send(prepared)).to.equal(-1);
      await settled();
      expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
    });
  });

  describe('while CONNECTING', () => {
    it('counts what waits, and applies the policy to it', async () => {
      const options = { lookup: () => {}, softBacklogBytes: 10, hardBacklogBytes: 20 };
      const client = new WebSocketClient('ws://127.0.0.1:9/', options);
      const errors: Error[] = [];
      client.on('error', (error) => errors.push(error));
      const closed = new Promise((resolve) => client.once('close', resolve));
      expect(client.write('12345')).to.equal(true);
      expect(client.write('12345')).to.equal(false);
      expect(client.writableNeedDrain).to.equal(true);
      expect(client.write('x'.repeat(10))).to.equal(false);
      expect(() => client.send(new PreparedMessage('text', 'B'))).to.throw(InvalidStateError);
      client.write('one too many');
      await closed;
      expect(errors[0]).to.be.instanceOf(LimitError).with.property('limit', 'hardBacklogBytes');
    });

    it('drops with the policy drop, and never pauses what is not read', async () => {
      for (const slowConsumer of ['drop', 'pause'] as const) {
        const options = { lookup: () => {}, hardBacklogBytes: 20, slowConsumer };
        const client = new WebSocketClient('ws://127.0.0.1:9/', options);
        client.write('x'.repeat(20));
        expect(client.write('y')).to.equal(false);
        expect(client.counters.messagesDropped).to.equal(slowConsumer === 'drop' ? 1 : 0);
        client.terminate();
        await once(client, 'close');
        expect(client.bufferedAmount).to.equal(0);
      }
    });
  });
});
