import { expect } from 'chai';
import sinon from 'sinon';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import type { MessageData, SendType } from '../../lib/connection/outgoing-message.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair } from '../duplex-pair.js';
import { ROLES, decodeFrames, settled, unwire, wireUp } from '../wire-peer.js';

describe('PreparedMessage', () => {
  afterEach(async () => {
    sinon.restore();
    await unwire();
  });

  it('knows its type and its length in octets', () => {
    const known = (type: SendType, message: MessageData): unknown[] => {
      const prepared = new PreparedMessage(type, message);
      return [prepared.type, prepared.byteLength];
    };
    expect(known('text', 'héllo')).to.deep.equal(['text', 6]);
    expect(known('TEXT', Buffer.from('é'))).to.deep.equal(['text', 2]);
    expect(known(1, '')).to.deep.equal(['text', 0]);
    expect(known('Binary', new Uint16Array(3))).to.deep.equal(['binary', 6]);
    expect(known(2, new ArrayBuffer(200))).to.deep.equal(['binary', 200]);
  });

  it('throws at once for what cannot be sent', () => {
    const wrong: readonly [RegExp, unknown[]][] = [
      [/^type/, ['hello']],
      [/^type/, ['ping', '']],
      [/^type/, ['pong', 'x']],
      [/^type/, [8, '']],
      [/^type/, [undefined, '']],
      [/^message/, ['text']],
      [/^message/, ['text', 5]],
      [/^message/, ['binary', {}]],
      [/^message/, ['text', null]],
      [/^message.*UTF-8/, ['text', Buffer.from('ff', 'hex')]],
    ];
    for (const [message, args] of wrong) {
      const call = (): unknown => new PreparedMessage(...(args as [SendType, MessageData]));
      expect(call, String(message)).to.throw(InvalidOptionError, message);
    }
  });

  it('does not change with the octets that it was made of', async () => {
    const { connection, peer } = await wireUp('server');
    const octets = Buffer.from('as it was');
    const long = Buffer.alloc(100_000, 1);
    const prepared = [new PreparedMessage('binary', octets), new PreparedMessage('binary', long)];
    octets.fill(0);
    long.fill(0);
    for (const message of prepared) connection.send(message);
    await settled();
    const [first, second] = peer.frames();
    expect(first?.payload.toString()).to.equal('as it was');
    expect(second?.payload.equals(Buffer.alloc(100_000, 1))).to.equal(true);
  });

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      const header = role === 'client' ? 6 : 2;

      it('is sent any number of times, in order with all else; send tells its octets as framed', async () => {
        const { connection, peer } = await wireUp(role);
        const prepared = new PreparedMessage('text', 'B');
        connection.send('text', 'A');
        expect(connection.send(prepared)).to.equal(header + 1);
        expect(connection.send(prepared)).to.equal(header + 1);
        connection.ping('p');
        connection.write('C');
        expect(connection.send(prepared)).to.equal(header + 1);
        await settled();
        const said = ['text "A"', 'text "B"', 'text "B"', 'ping "p"', 'text "C"', 'text "B"'];
        expect(peer.said()).to.deep.equal(said);
        expect(connection.counters).to.include({ messagesSent: 5, bytesSent: 6 * (header + 1) });
      });

      it('tells the octets of long ones', async () => {
        const { connection, peer } = await wireUp(role);
        const sizes = [125, 126, 65_535, 65_536].map((length) =>
          connection.send(new PreparedMessage('binary', Buffer.alloc(length, length))),
        );
        expect(sizes).to.deep.equal([
          125 + header,
          126 + header + 2,
          65_535 + header + 2,
          65_536 + header + 8,
        ]);
        await settled();
        const frames = peer.frames();
        expect(frames.map(({ payload }) => payload.length)).to.deep.equal([125, 126, 65_535, 65_536]);
        expect(frames.every(({ payload }) => payload.every((octet) => octet === payload.length % 256))).to.be
          .true;
      });

      it('waits for the end of a message in fragments (RFC 6455 §5.4)', async () => {
        const { connection, peer } = await wireUp(role);
        connection.send('text', 'one', false);
        expect(connection.send(new PreparedMessage('text', 'B'))).to.equal(header + 1);
        await settled();
        expect(connection.send(new PreparedMessage('text', 'C'))).to.equal(header + 1);
        connection.send('text', 'two');
        await settled();
        expect(peer.said()).to.deep.equal(['text "one" …', 'more "two"', 'text "B"', 'text "C"']);
      });

      it('goes behind what is corked', async () => {
        const { connection, peer } = await wireUp(role);
        connection.cork();
        connection.write('A');
        connection.send(new PreparedMessage('text', 'BB'));
        expect(connection.bufferedAmount).to.equal(3);
        await settled();
        expect(peer.said()).to.deep.equal([]);
        connection.uncork();
        expect(connection.bufferedAmount).to.equal(2 * header + 3);
        await settled();
        expect(peer.said()).to.deep.equal(['text "A"', 'text "BB"']);
      });

      it('is not sent once closing or closed', async () => {
        const { connection, peer } = await wireUp(role);
        const prepared = new PreparedMessage('text', 'B');
        connection.close();
        expect(connection.send(prepared)).to.equal(-1);
        await settled();
        expect(peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
        connection.terminate();
        await settled();
        expect(connection.send(prepared)).to.equal(-1);
      });

      it('is not sent once the peer has closed, or the writable side ended', async () => {
        const prepared = new PreparedMessage('text', 'B');
        const closedByPeer = await wireUp(role);
        closedByPeer.peer.send(closedByPeer.peer.closeFrame(1000));
        await settled();
        expect(closedByPeer.connection.send(prepared)).to.equal(-1);
        const ended = await wireUp(role);
        ended.connection.end();
        expect(ended.connection.send(prepared)).to.equal(-1);
        const [stream] = duplexPair();
        const early = Connection.takeover(stream, { server: role === 'server' });
        early.end();
        expect(early.send(prepared)).to.equal(-1);
        early.terminate();
      });
    });
  }

  it('is masked anew each time by clients (RFC 6455 §5.3)', async () => {
    const { connection, stream } = await wireUp('client');
    const prepared = new PreparedMessage('text', 'the same');
    for (let count = 0; count < 3; count++) connection.send(prepared);
    await settled();
    const wire = Buffer.concat(stream.taken);
    expect(wire.length).to.equal(3 * 14);
    const keys = [0, 14, 28].map((at) => wire.toString('hex', at + 2, at + 6));
    expect(new Set(keys).size).to.equal(3);
    expect(decodeFrames(wire).map(({ payload }) => payload.toString())).to.deep.equal(
      Array(3).fill('the same'),
    );
  });

  it('is one buffer for all connections of the server role', async () => {
    const prepared = new PreparedMessage('binary', Buffer.alloc(1000, 1));
    const wired = await Promise.all([wireUp('server'), wireUp('server')]);
    const writes = wired.map(({ stream }) => sinon.spy(stream, 'write'));
    for (const { connection } of wired) connection.send(prepared);
    await settled();
    expect(writes.map(({ callCount }) => callCount)).to.deep.equal([1, 1]);
    expect(writes[0]!.firstCall.args[0]).to.equal(writes[1]!.firstCall.args[0]);
    expect(writes[0]!.firstCall.args[0]).to.have.length(1004);
  });

  it('throws while CONNECTING, as send does', async () => {
    const client = new WebSocketClient('ws://127.0.0.1:9/', { lookup: () => {}, handler: () => {} });
    const closed = new Promise((resolve) => client.once('close', resolve));
    expect(() => client.send(new PreparedMessage('text', 'B'))).to.throw(InvalidStateError, 'CONNECTING');
    client.terminate();
    await closed;
  });
});
