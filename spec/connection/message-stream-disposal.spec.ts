import { expect } from 'chai';
import { ROLES, fakeClock, names, outcomeOf, settled, unwire, wireUp } from '../wire-peer.js';

describe('MessageStream: to its end', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('closes when it is disposed of, and waits for the peer', async () => {
        const { connection, peer, events } = await wireUp(role);
        const disposing = connection[Symbol.asyncDispose]();
        expect(connection.state).to.equal('CLOSED');
        expect(await outcomeOf(disposing)).to.equal('pending');
        expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
        expect(names(events)).to.not.include('close');
        peer.answerClose(1000);
        expect(await outcomeOf(disposing)).to.equal(undefined);
        expect(events).to.deep.include(['disconnect', 1000, '', true]);
        expect(await outcomeOf(connection[Symbol.asyncDispose]())).to.equal(undefined);
      });

      it('drops the last message of a peer that has closed when it is disposed of', async () => {
        const { connection, peer, events } = await wireUp(role);
        connection.on('readable', () => {});
        peer.sendTexts('unread');
        peer.answerClose(1000);
        await settled(12);
        expect(connection.readableLength).to.equal(1);
        expect(names(events)).to.not.include('close');
        expect(await outcomeOf(connection[Symbol.asyncDispose]())).to.equal(undefined);
        expect(events.at(-1)).to.deep.equal(['close', 1000, '']);
      });

      it('says goodbye with 1001 when it is destroyed without an error, be that null', async () => {
        for (const error of [undefined, null]) {
          const { connection, peer } = await wireUp(role);
          connection.destroy(error);
          await settled();
          expect(peer.said()).to.deep.equal(['close 1001 "Endpoint going away"']);
        }
      });

      it('waits for a consumer no longer once it is destroyed, or one has come', async () => {
        for (const end of ['destroy', 'read'] as const) {
          const clock = fakeClock();
          try {
            const { connection, peer, events } = await wireUp(role, { keepalive: 0 });
            peer.sendTexts('1');
            peer.answerClose(1000);
            await settled();
            expect(clock.countTimers(), end).to.equal(1);
            if (end === 'destroy') connection.destroy();
            else connection.resume();
            await settled();
            expect(clock.countTimers(), end).to.equal(0);
            expect(names(events).at(-1)).to.equal('close');
          } finally {
            clock.restore();
          }
        }
      });
    });
  }
});
