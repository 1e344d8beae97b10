import { expect } from 'chai';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { ConnectionClosedError } from '../../lib/errors.js';
import { ROLES, outcomeOf, unwire, wireUp } from '../wire-peer.js';

describe('OutgoingQueue: what a connection is to send', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      describe('flushed', () => {
        it('resolves once all that was sent so far was taken', async () => {
          const { connection, stream } = await wireUp(role);
          stream.hold();
          connection.send('text', 'one');
          connection.write('two');
          const flushed = outcomeOf(connection.flushed());
          expect(await flushed).to.equal('pending');
          const flushing = connection.flushed();
          stream.release();
          expect(await outcomeOf(flushing)).to.equal(undefined);
          expect(await outcomeOf(connection.flushed())).to.equal(undefined);
        });

        it('waits for what is corked', async () => {
          const { connection } = await wireUp(role);
          connection.cork();
          connection.write('one');
          const flushing = connection.flushed();
          expect(await outcomeOf(flushing)).to.equal('pending');
          connection.uncork();
          expect(await outcomeOf(flushing)).to.equal(undefined);
        });

        it('waits for our Close', async () => {
          const { connection, stream } = await wireUp(role);
          stream.hold();
          connection.close();
          const flushing = connection.flushed();
          expect(await outcomeOf(flushing)).to.equal('pending');
          stream.release();
          expect(await outcomeOf(flushing)).to.equal(undefined);
        });

        it('rejects when the connection ends first, and afterwards', async () => {
          const { connection, peer, stream } = await wireUp(role);
          stream.hold();
          connection.write('stuck');
          const flushing = outcomeOf(connection.flushed());
          peer.stream.reset();
          expect(await flushing).to.be.instanceOf(ConnectionClosedError);
          expect(await outcomeOf(connection.flushed())).to.be.instanceOf(ConnectionClosedError);
        });

        it('rejects for what is corked when the connection is destroyed', async () => {
          const { connection } = await wireUp(role);
          connection.cork();
          connection.write('one');
          const flushing = outcomeOf(connection.flushed());
          connection.destroy();
          expect(await flushing).to.be.instanceOf(ConnectionClosedError);
        });
      });
    });
  }

  describe('while CONNECTING', () => {
    it('fails flushed when it was ended and never opens', async () => {
      const client = new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {} });
      client.end('one');
      const flushing = outcomeOf(client.flushed());
      expect(client.write('late')).to.equal(false);
      client.terminate();
      expect(await flushing).to.be.instanceOf(ConnectionClosedError);
    });
  });
});
