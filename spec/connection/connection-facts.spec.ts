import { expect } from 'chai';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
import { ROLES, names, settled, unwire, wireUp } from '../wire-peer.js';

describe('Connection: what it tells, and refuses', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('goes by the name of its peer, or else by the address', async () => {
        const [stream, far] = duplexPair();
        const ends = {
          remoteAddress: '192.0.2.1',
          remotePort: 5000,
          localAddress: '192.0.2.2',
          localPort: 80,
        };
        const connection = Connection.takeover(Object.assign(stream, ends), { server: role === 'server' });
        expect([connection.remoteName, connection.remoteAddress, connection.remotePort]).to.deep.equal([
          '',
          '192.0.2.1',
          5000,
        ]);
        expect([connection.peername, connection.sockname]).to.deep.equal(['192.0.2.1', '192.0.2.2']);
        Object.defineProperty(connection, 'remoteName', { value: 'echo.example' });
        expect([connection.peername, connection.remoteAddress]).to.deep.equal(['echo.example', '192.0.2.1']);
        connection.terminate();
        far.destroy();
        await settled();
      });

      it('takes a byte stream over once, for both roles', async () => {
        const { stream, connection } = await wireUp(role);
        for (const server of [false, true])
          expect(() => Connection.takeover(stream, { server })).to.throw(
            InvalidStateError,
            'the stream is a WebSocket already',
          );
        expect(connection.state).to.equal('CONNECTED');
      });

      it('is CLOSED as soon as its stream is gone, though its reader has not come to the end', async () => {
        const { connection, peer, events } = await wireUp(role);
        connection.on('readable', () => {});
        peer.sendTexts('unread');
        peer.answerClose(1000);
        await settled(12);
        expect(names(events)).to.not.include('close');
        expect([connection.readyState, connection.state, connection.destroyed]).to.deep.equal([
          3,
          'CLOSED',
          false,
        ]);
      });

      it('takes the answer to a pong of ours for no answer', async () => {
        const { connection, peer } = await wireUp(role);
        connection.send('pong', 'x');
        peer.send(peer.frame(10, 'x'));
        await settled();
        expect(connection.latency).to.equal(undefined);
      });

      it('says what control frames and fragments have to be', async () => {
        const { connection } = await wireUp(role);
        expect(() => connection.send('ping', 'x', false)).to.throw(
          InvalidOptionError,
          /^final: expected true: control frames are never fragmented, got false$/,
        );
        expect(() => connection.send('text', 'x', 1 as unknown as boolean)).to.throw(
          InvalidOptionError,
          /^final: expected true or false, got 1$/,
        );
        expect(() => connection.ping('x'.repeat(126))).to.throw(
          InvalidOptionError,
          /^message: expected at most 125 octets in a control frame, got "/,
        );
        expect(() => connection.close(999)).to.throw(
          InvalidOptionError,
          /^code: expected a code that may be sent: 1000-1003, .* 3000-4999, got 999$/,
        );
      });
    });
  }
});
