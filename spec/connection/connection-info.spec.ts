import { expect } from 'chai';
import { PassThrough, type Duplex } from 'node:stream';
import { NO_ADDRESSES, addressesOf, answerConninfo } from '../../lib/connection/connection-info.js';
import type { Connection } from '../../lib/connection/connection.js';
import { InvalidOptionError } from '../../lib/errors.js';

describe('addressesOf', () => {
  const ends = { remoteAddress: '192.0.2.1', remotePort: 5000, localAddress: '192.0.2.2' };

  it('takes those of the stream itself', () => {
    expect(addressesOf({ ...ends } as unknown as Duplex)).to.deep.equal(ends);
  });

  it('takes those of the socket under an HTTP/2 stream', () => {
    expect(addressesOf({ session: { socket: ends } } as unknown as Duplex)).to.deep.equal(ends);
  });

  it('finds none where there are none', () => {
    for (const stream of [
      new PassThrough(),
      {},
      { session: undefined },
      { session: {} },
      { session: { socket: {} } },
    ]) {
      expect(addressesOf(stream as Duplex)).to.deep.equal(NO_ADDRESSES);
    }
  });

  for (const [given, shown] of [
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:203.100.113.254', '203.100.113.254'],
    ['::ffff:192.0.2.1%eth0', '::ffff:192.0.2.1%eth0'],
    ['::1', '::1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
    ['2001:db8::ffff:192.0.2.1', '2001:db8::ffff:192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
  ] as const) {
    it(`shows ${given} as ${shown}`, () => {
      const stream = { remoteAddress: given, localAddress: given } as unknown as Duplex;
      expect(addressesOf(stream)).to.include({ remoteAddress: shown, localAddress: shown });
    });
  }
});

describe('answerConninfo', () => {
  it('answers only what it knows', () => {
    const connection = { peername: 'p', sockname: 's', isClosed: true } as Connection;
    expect(answerConninfo(connection, 'name')).to.equal('s');
    expect(answerConninfo(connection, 'closed')).to.equal(true);
    expect(() => answerConninfo(connection, 'hasOwnProperty' as 'name')).to.throw(
      InvalidOptionError,
      'what: expected one of peername, sockname, name, closed, client, server, type, handler, state, got "hasOwnProperty"',
    );
  });
});
