import { expect } from 'chai';
import { ConnectionClosedError, InvalidOptionError } from '../../lib/errors.js';
import { ROLES, names, settled, unwire, wireUp } from '../wire-peer.js';

describe('WritableSide: its arguments, and its end', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('takes a callback in second place or third', async () => {
        const { connection, peer } = await wireUp(role);
        const called: unknown[] = [];
        const callback = (name: string) => (error?: Error | null) => called.push([name, error]);
        connection.write('1', callback('second'));
        connection.write('2', 'utf8', callback('third'));
        connection.write('3', undefined, callback('third'));
        connection.write(Buffer.from('4'), 'buffer' as BufferEncoding, callback('third'));
        await settled();
        expect(called).to.deep.equal([
          ['second', null],
          ['third', null],
          ['third', null],
          ['third', null],
        ]);
        expect(peer.said()).to.deep.equal(['text "1"', 'text "2"', 'text "3"', 'binary "4"']);
      });

      it('takes no other encoding, at the end neither', async () => {
        const { connection, peer } = await wireUp(role);
        for (const call of [
          () => connection.write('x', 'latin1'),
          () => connection.end('x', 'latin1'),
          () => connection.end('x', 'hex', () => {}),
        ])
          expect(call).to.throw(
            InvalidOptionError,
            /^encoding: expected utf8, or a Buffer instead of the string, got/,
          );
        await settled();
        expect(connection.state).to.equal('CONNECTED');
        expect(peer.frames()).to.deep.equal([]);
      });

      it('ends without a last message, whatever stands for none', async () => {
        for (const args of [[], [undefined], [null], [undefined, undefined], [null, 'utf8']] as const) {
          for (const hasCallback of [false, true]) {
            const { connection, peer } = await wireUp(role);
            let calls = 0;
            const callback = hasCallback ? [() => (calls += 1)] : [];
            (connection.end as (...all: unknown[]) => unknown).call(connection, ...args, ...callback);
            await settled();
            expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
            expect(calls).to.equal(hasCallback ? 1 : 0);
          }
        }
      });

      it('closes at once when it ends, though a message is still on its way', async () => {
        const { connection, events } = await wireUp(role);
        const sending = connection.sendFragments(
          'text',
          (async function* () {
            yield 'first';
            await settled(4);
            yield 'last';
          })(),
        );
        await settled(1);
        connection.end();
        expect(names(events)).to.include('closing');
        expect(await sending).to.be.above(0);
      });

      it('tells who ends it that the end was not clean', async () => {
        const { connection, peer, stream } = await wireUp(role);
        const answers: unknown[] = [];
        stream.hold();
        connection.end('last', (error?: Error | null) => answers.push(error));
        await settled();
        expect(answers).to.deep.equal([]);
        peer.stream.reset();
        await settled();
        expect(answers).to.have.length(1);
        expect(answers[0]).to.be.instanceOf(Error);
      });

      it('refuses a write after close without a callback, and nothing comes of it', async () => {
        const { connection, peer, events } = await wireUp(role);
        connection.close();
        expect(connection.write('late')).to.equal(false);
        await settled();
        expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
        peer.answerClose(1000);
        await settled();
        expect(events).to.deep.include(['disconnect', 1000, '', true]);
        expect(names(events)).to.not.include('error');
      });

      it('refuses a write past the hard limit by its callback, and counts it neither as sent nor as dropped', async () => {
        const { connection, stream } = await wireUp(role, { hardBacklogBytes: 10 });
        stream.hold();
        connection.write('0123456789');
        const answers: unknown[] = [];
        expect(connection.write('more', (error) => answers.push(error))).to.equal(false);
        await settled();
        expect(answers).to.have.length(1);
        expect(answers[0]).to.be.instanceOf(ConnectionClosedError);
        expect(connection.counters).to.include({ messagesSent: 1, messagesDropped: 0 });
      });
    });
  }
});
