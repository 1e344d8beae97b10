import { expect } from 'chai';
import { ConnectionClosedError } from '../../lib/errors.js';
import { ROLES, outcomeOf, settled, unwire, wireUp } from '../wire-peer.js';

describe('MessageStream: read by hand, and in a loop', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('gives a loop what was read ahead for somebody else', async () => {
        const { connection, peer } = await wireUp(role);
        connection.on('readable', () => {});
        peer.sendTexts('1', '2', '3');
        await settled();
        expect(connection.readableLength).to.equal(1);
        const iterator = connection[Symbol.asyncIterator]();
        for (const text of ['1', '2', '3'])
          expect(await outcomeOf(iterator.next())).to.deep.equal({ done: false, value: text });
      });

      it('tells a loop that begins too late how it ended', async () => {
        for (const isClean of [true, false]) {
          const { connection, peer } = await wireUp(role);
          connection.resume();
          if (isClean) peer.answerClose(1000);
          else peer.end();
          await settled(12);
          expect(connection.destroyed).to.equal(true);
          const outcome = await outcomeOf(connection[Symbol.asyncIterator]().next());
          if (isClean) expect(outcome).to.deep.equal({ done: true, value: undefined });
          else expect(outcome).to.be.instanceOf(ConnectionClosedError);
        }
      });

      it('keeps no listener of a loop that was left', async () => {
        const { connection, peer } = await wireUp(role);
        const before = connection.listenerCount('error');
        peer.sendTexts('1');
        for await (const text of connection) {
          expect(text).to.equal('1');
          expect(connection.listenerCount('error')).to.equal(before + 1);
          break;
        }
        await settled();
        expect(connection.listenerCount('error')).to.equal(before);
      });

      it('gives a loop the content of whatever waits: octets of text, and pieces of messages', async () => {
        for (const options of [{ textAs: 'buffer' }, { fragments: true }] as const) {
          const { connection, peer } = await wireUp(role, options);
          const iterator = connection[Symbol.asyncIterator]();
          peer.sendTexts('1', '2', '3');
          await settled();
          const values: unknown[] = [];
          for (let i = 0; i < 3; i += 1) values.push((await iterator.next()).value);
          expect(values.map(String)).to.deep.equal(['1', '2', '3']);
          expect(values.every((value) => Buffer.isBuffer(value))).to.equal(options.textAs === 'buffer');
        }
      });

      it('gives a message to one alone, also when a listener that hears of it asks for the next', async () => {
        const { connection, peer } = await wireUp(role);
        const iterator = connection[Symbol.asyncIterator]();
        const first = iterator.next();
        peer.sendTexts('1', '2', '3', '4');
        await settled();
        let inner: Promise<unknown> | undefined;
        connection.once('text', () => void (inner = iterator.next()));
        const outer = iterator.next();
        const values = [await first, await outer, await inner, await iterator.next()];
        expect(values).to.deep.equal(['1', '2', '3', '4'].map((value) => ({ done: false, value })));
      });

      it('goes on after a pause when it is read by hand, and not for a look', async () => {
        const { connection, peer } = await wireUp(role);
        connection.pause();
        peer.sendTexts('1');
        await settled();
        connection.read(0);
        await settled();
        expect([connection.isReadingPaused, connection.readableLength]).to.deep.equal([true, 0]);
        connection.read();
        await settled();
        expect(connection.isReadingPaused).to.equal(false);
        expect(connection.read()).to.equal('1');
      });

      it('says goodbye by the error that it is destroyed with, unless that only tells of a loop that was left', async () => {
        for (const [name, code] of [
          ['AbortError', 1001],
          ['TypeError', 1011],
        ] as const) {
          const { connection, peer } = await wireUp(role);
          connection.destroy(Object.assign(new Error('ours'), { name }));
          await settled();
          expect(peer.frames().map(({ payload }) => payload.readUInt16BE(0))).to.deep.equal([code]);
        }
      });
    });
  }
});
