import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { ROLES, names, outcomeOf, settled, unwire, wireUp } from '../wire-peer.js';

describe('OutgoingQueue: places, counts and limits', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('sends nothing for who waits until all was taken', async () => {
        const { connection, peer } = await wireUp(role);
        connection.cork();
        connection.write('one');
        const flushing = connection.flushed();
        connection.write('two');
        connection.uncork();
        expect(await outcomeOf(flushing)).to.equal(undefined);
        expect(peer.said()).to.deep.equal(['text "one"', 'text "two"']);
      });

      it('counts a message in fragments once, in the queue as well', async () => {
        const { connection, peer } = await wireUp(role);
        connection.cork();
        connection.send('text', 'a', false);
        connection.send('text', 'b', false);
        connection.send('text', 'c');
        connection.uncork();
        await settled();
        expect(peer.said()).to.deep.equal(['text "a" …', 'more "b" …', 'more "c"']);
        expect(connection.counters.messagesSent).to.equal(1);
      });

      it('counts what waits for the end of a message in fragments against the hard limit', async () => {
        const { connection, peer, stream } = await wireUp(role, {
          hardBacklogBytes: 200,
          slowConsumer: 'drop',
        });
        const message = new PreparedMessage('text', 'x'.repeat(100));
        connection.send('text', 'a', false);
        await settled();
        expect(stream.writableLength).to.equal(0);
        const sizes = [1, 2, 3].map(() => connection.sendPrepared(message) > 0);
        expect(sizes).to.deep.equal([true, true, false]);
        expect(connection.bufferedAmount).to.equal(200);
        expect(connection.counters.messagesDropped).to.equal(1);
        connection.send('text', 'b');
        await settled();
        expect(peer.said()).to.deep.equal([
          'text "a" …',
          'more "b"',
          `text "${'x'.repeat(100)}"`,
          `text "${'x'.repeat(100)}"`,
        ]);
        expect(connection.bufferedAmount).to.equal(0);
      });

      it('drops nothing any more that was taken among fragments, when the message has ended', async () => {
        const { connection, peer } = await wireUp(role, { hardBacklogBytes: 20, slowConsumer: 'drop' });
        const message = new PreparedMessage('text', '0123456789');
        connection.send('text', 'a', false);
        expect([1, 2].map(() => connection.sendPrepared(message) > 0)).to.deep.equal([true, true]);
        connection.send('text', 'b');
        await settled();
        expect(peer.said()).to.deep.equal([
          'text "a" …',
          'more "b"',
          'text "0123456789"',
          'text "0123456789"',
        ]);
        expect(connection.counters).to.include({ messagesSent: 3, messagesDropped: 0 });
      });

      it('refuses octets as text that are not UTF-8, at once and in the queue, and takes any as binary', async () => {
        for (const isCorked of [false, true]) {
          const { connection, peer } = await wireUp(role);
          if (isCorked) connection.cork();
          const octets = Buffer.from([0xff]);
          expect(() => connection.send('text', octets)).to.throw(
            InvalidOptionError,
            /^message: expected valid UTF-8 in a text message/,
          );
          expect(connection.send('binary', octets)).to.be.above(0);
          expect(connection.send('text', Buffer.from('é'))).to.be.above(0);
          if (isCorked) connection.uncork();
          await settled();
          expect(peer.frames().map(({ opcode, payload }) => [opcode, payload.toString('hex')])).to.deep.equal(
            [
              [2, 'ff'],
              [1, 'c3a9'],
            ],
          );
          expect(connection.counters.messagesSent).to.equal(2);
        }
      });

      it('says what a message in pieces has to be', async () => {
        const { connection } = await wireUp(role);
        expect(() => void connection.sendFragments('ping', ['x'])).to.throw(
          InvalidOptionError,
          /^type: expected 'text' or 'binary', got "ping"$/,
        );
        expect(() => void connection.sendFragments('text', 'x' as never)).to.throw(
          InvalidOptionError,
          /^pieces: expected an iterable or async iterable of messages, got "x"; to send a message that is there: /,
        );
      });

      it('does not finish when its end was not clean', async () => {
        const { connection, peer, stream, events } = await wireUp(role);
        stream.hold();
        connection.end('last');
        await settled();
        peer.stream.reset();
        await settled();
        expect(names(events)).to.deep.equal(['connect', 'closing', 'disconnect', 'error', 'close']);
      });
    });
  }
});
