import { expect } from 'chai';
import sinon from 'sinon';
import { Deflater } from '../../lib/compression/deflater.js';
import type { PerMessageDeflateOptions } from '../../lib/compression/deflate-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { loglevel, setLogger } from '../../lib/logging.js';
import { deflated, messagesIn, sentFrames } from '../compression/compressed-wire.js';
import { noise } from '../protocol/wire.js';
import { until } from '../turns.js';
import { ROLES, settled, unwire, wireUp, type Wired } from '../wire-peer.js';

const BOTH_ALONE = '; server_no_context_takeover; client_no_context_takeover';

/** Compresses each message by itself. */
function alone(options: PerMessageDeflateOptions = {}, windows = ''): TakeoverOptions {
  return {
    extensions: `permessage-deflate${BOTH_ALONE}${windows}`,
    perMessageDeflate: { threshold: 4, ...options },
    keepalive: 0,
  };
}

const TAKEOVER: TakeoverOptions = { ...alone(), extensions: 'permessage-deflate' };
const HELLO = 'Hello, Hello, Hello';
const HELLO_OCTETS = deflated(HELLO);
/** Takes a while to compress. */
const SLOW = Buffer.from(noise(100 * 1024).toString('hex'));

const said = ({ stream }: Wired): string[] => messagesIn(sentFrames(stream));

describe('CompressedForm', () => {
  let now: sinon.SinonSpy;
  let later: sinon.SinonSpy;

  beforeEach(() => {
    now = sinon.spy(Deflater.prototype, 'deflateNow');
    later = sinon.spy(Deflater.prototype, 'deflateLater');
  });

  afterEach(async () => {
    sinon.restore();
    await unwire();
  });

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      const header = role === 'client' ? 6 : 2;

      it('is made once for all connections that agreed on the same, and for all times', async () => {
        const prepared = new PreparedMessage('text', HELLO);
        const wired = await Promise.all([1, 2, 3].map(() => wireUp(role, alone())));
        for (const { connection } of wired) {
          expect(connection.send(prepared)).to.equal(header + HELLO_OCTETS.length);
          connection.send(prepared);
        }
        await settled();
        for (const one of wired) expect(said(one)).to.deep.equal(Array(2).fill(`deflated text ${HELLO}`));
        expect(now.callCount).to.equal(1);
        expect(sentFrames(wired[0]!.stream)[0]!.payload.equals(HELLO_OCTETS)).to.equal(true);
      });

      it('goes in order with what the connection compresses by itself', async () => {
        const wired = await wireUp(role, alone());
        wired.connection.send('text', 'Aaaaaaaaaaaaaaaaaa');
        wired.connection.send(new PreparedMessage('text', HELLO));
        wired.connection.send('text', 'Bbbbbbbbbbbbbbbbbb');
        await settled();
        expect(said(wired)).to.deep.equal([
          'deflated text Aaaaaaaaaaaaaaaaaa',
          `deflated text ${HELLO}`,
          'deflated text Bbbbbbbbbbbbbbbbbb',
        ]);
      });

      it('is not made where a message is below the threshold, or does not get shorter', async () => {
        const wired = await wireUp(role, alone());
        const high = await wireUp(role, alone({ threshold: 20 }));
        const exact = await wireUp(role, alone({ threshold: 19 }));
        for (const text of ['abc', 'does not', HELLO]) {
          const prepared = new PreparedMessage('text', text);
          for (const { connection } of [wired, high, exact]) connection.send(prepared);
        }
        await settled();
        expect(said(wired)).to.deep.equal(['text abc', 'text does not', `deflated text ${HELLO}`]);
        expect(said(high)).to.deep.equal(['text abc', 'text does not', `text ${HELLO}`]);
        expect(said(exact)).to.deep.equal(['text abc', 'text does not', `deflated text ${HELLO}`]);
        // Tried once, at the second.
        expect(now.callCount).to.equal(2);
      });

      it('does not hold for whoever remembers what was said before: that one compresses by itself', async () => {
        const prepared = new PreparedMessage('text', HELLO);
        const wired = await Promise.all([1, 2].map(() => wireUp(role, TAKEOVER)));
        const sizes = wired.map(({ connection }) => [connection.send(prepared), connection.send(prepared)]);
        await settled();
        expect(now.callCount).to.equal(4);
        expect(sizes[0]![1]).to.be.below(sizes[0]![0]!);
        expect(sizes[1]).to.deep.equal(sizes[0]);
      });

      it('waits in its place while it takes a while, and is made once', async () => {
        const prepared = new PreparedMessage('binary', SLOW);
        const wired = await Promise.all([1, 2, 3].map(() => wireUp(role, alone())));
        for (const { connection } of wired) {
          connection.send('text', 'A');
          expect(connection.send(prepared)).to.equal(header + 8 + SLOW.length);
          connection.send('text', HELLO);
          connection.send(prepared);
          connection.send(new PreparedMessage('text', 'B'));
          connection.close();
        }
        expect(wired[0]!.connection.bufferedAmount).to.be.above(SLOW.length);
        await until(() => wired.every(({ stream }) => sentFrames(stream).length === 6));
        for (const one of wired) {
          expect(said(one)).to.deep.equal([
            'text A',
            `deflated binary of ${SLOW.length}`,
            `deflated text ${HELLO}`,
            `deflated binary of ${SLOW.length}`,
            'text B',
            'close 1000',
          ]);
        }
        expect(later.callCount).to.equal(1);
        // Once it is there, nobody waits any more.
        const late = await wireUp(role, alone());
        expect(late.connection.send(prepared)).to.be.below(SLOW.length);
        expect(later.callCount).to.equal(1);
      });

      it('may take a while also for whoever compresses by itself', async () => {
        const wired = await wireUp(role, TAKEOVER);
        wired.connection.send(new PreparedMessage('binary', SLOW));
        wired.connection.send('text', 'A');
        await until(() => sentFrames(wired.stream).length === 2);
        expect(said(wired)).to.deep.equal([`deflated binary of ${SLOW.length}`, 'text A']);
      });

      it('is of no interest to a connection that ends first', async () => {
        const wired = await wireUp(role, alone());
        wired.connection.send(new PreparedMessage('binary', SLOW));
        wired.connection.terminate();
        await until(() => later.callCount === 1);
        await later.firstCall.returnValue;
        await settled();
        expect(wired.stream.taken).to.deep.equal([]);
        expect(wired.connection.bufferedAmount).to.equal(0);
      });
    });
  }

  it('differs by window, level, memory and strategy, not by threshold', async () => {
    const prepared = new PreparedMessage('text', HELLO.repeat(100));
    const kinds = [
      alone(),
      alone({ threshold: 8 }),
      alone({}, '; server_max_window_bits=10'),
      alone({ zlibDeflateOptions: { level: 1 } }),
      alone({ zlibDeflateOptions: { memLevel: 1 } }),
      alone({ zlibDeflateOptions: { strategy: 2 } }),
    ];
    for (const kind of [...kinds, ...kinds]) {
      const wired = await wireUp('server', kind);
      wired.connection.send(prepared);
      await settled();
      expect(said(wired)).to.deep.equal(['deflated text of 1900']);
    }
    expect(now.callCount).to.equal(5);
  });

  it('is one buffer for all connections of the server role', async () => {
    const prepared = new PreparedMessage('text', HELLO);
    const wired = await Promise.all([1, 2].map(() => wireUp('server', alone())));
    const writes = wired.map(({ stream }) => sinon.spy(stream, 'write'));
    for (const { connection } of wired) connection.send(prepared);
    await settled();
    expect(writes[0]!.firstCall.args[0]).to.equal(writes[1]!.firstCall.args[0]);
    expect(writes[0]!.firstCall.args[0]).to.have.length(HELLO_OCTETS.length + 2);
  });

  for (const slow of [false, true]) {
    it(`is the message as it is where zlib fails${slow ? ' later' : ''}, which harms nobody`, async () => {
      const logged: string[] = [];
      const log = (_fields: object, message: string): void => void logged.push(message);
      setLogger({ debug: log, info: log, warn: log, error: log });
      loglevel('warn');
      try {
        sinon.restore();
        sinon.stub(Deflater.prototype, slow ? 'deflateLater' : 'deflateNow').throws(new Error('no memory'));
        const message = slow ? SLOW : Buffer.from(HELLO);
        const prepared = new PreparedMessage('binary', message);
        const wired = await Promise.all([1, 2].map(() => wireUp('server', alone())));
        for (const { connection } of wired) connection.send(prepared);
        await settled();
        for (const { stream, connection } of wired) {
          expect(sentFrames(stream).map(({ rsv1, payload }) => [rsv1, payload])).to.deep.equal([
            [false, message],
          ]);
          expect(connection.state).to.equal('CONNECTED');
        }
        expect(logged).to.deep.equal(['a message for many could not be compressed']);
      } finally {
        setLogger(null);
        loglevel('error');
      }
    });
  }
});
