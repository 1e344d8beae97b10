import { expect } from 'chai';
import { once } from 'node:events';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { ConnectionClosedError } from '../../lib/errors.js';
import { RSV1, deflated, messagesIn, sentFrames } from '../compression/compressed-wire.js';
import { PeerInflater } from '../compression/zlib-peer.js';
import { noise } from '../protocol/wire.js';
import { until } from '../turns.js';
import { ROLES, names, settled, unwire, wireUp, type Wired } from '../wire-peer.js';

const KiB = 1024;

/** Lets messages be compressed, each by itself. */
const DEFLATE: TakeoverOptions = {
  extensions: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  perMessageDeflate: { threshold: 4 },
  keepalive: 0,
};
const TAKEOVER: TakeoverOptions = { ...DEFLATE, extensions: 'permessage-deflate' };

/** Takes a while to compress. */
const SLOW = Buffer.from(noise(100 * KiB).toString('hex'));
/** Gets shorter, short as it is. */
const HELLO = 'Hello, Hello, Hello';
const SLOW_TEXT = 'ä text that takes its time '.repeat(5000);

/** Says what a connection has put on the wire, message by message. */
const said = ({ stream }: Wired): string[] => messagesIn(sentFrames(stream));

/** Waits until a connection has put so many messages and control frames on the wire. */
async function saidSoMany(wired: Wired, count: number): Promise<string[]> {
  let writes = -1;
  await until(() => {
    if (wired.stream.writes === writes) return false;
    writes = wired.stream.writes;
    return sentFrames(wired.stream).length >= count;
  });
  await settled();
  return said(wired);
}

/** Collects how a write's callback and a promise end. */
function endings() {
  const ends: unknown[] = [];
  const name = (error: unknown): string => (error instanceof Error ? error.constructor.name : 'done');
  return {
    ends,
    callback: (error?: Error | null) => void ends.push(`write ${name(error)}`),
    watch: (promise: Promise<unknown>, what: string) =>
      void promise.then(
        () => ends.push(`${what} done`),
        (error: unknown) => ends.push(`${what} ${name(error)}`),
      ),
  };
}

describe('Connection: compressing', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('marks compressed messages by RSV1 of their first frame, and no others (RFC 7692 §6)', async () => {
        const wired = await wireUp(role, DEFLATE);
        const { connection } = wired;
        connection.send('text', HELLO);
        connection.send('text', 'abc');
        connection.send('binary', Buffer.from(HELLO));
        connection.send('text', 'Hello');
        connection.send('text', 'Hel', false);
        connection.send('text', 'lo, Hello', true);
        connection.send('text', 'Hello', false);
        connection.ping('p');
        connection.send('text', '', false);
        connection.send('pong', 'q');
        connection.send('text', '', true);
        expect(await saidSoMany(wired, 11)).to.deep.equal([
          `deflated text ${HELLO}`,
          'text abc',
          `deflated binary ${HELLO}`,
          'text Hello',
          'text Hello, Hello',
          'ping p',
          'pong q',
          'deflated text Hello',
        ]);
        expect(
          sentFrames(wired.stream)
            .map(({ rsv1 }) => Number(rsv1))
            .join(''),
        ).to.equal('10100010000');
        // RFC 7692 §7.2.3.1, and the end of a piece that others follow.
        expect(sentFrames(wired.stream)[6]?.payload.toString('hex')).to.equal('f248cdc9c90700' + '0000ffff');
      });

      it('compresses nothing unless that was agreed on', async () => {
        const wired = await wireUp(role, { perMessageDeflate: { threshold: 0 } });
        wired.connection.send('text', 'Hello '.repeat(1000));
        wired.connection.write(SLOW_TEXT);
        const octets = String(Buffer.byteLength(SLOW_TEXT));
        expect(await saidSoMany(wired, 2)).to.deep.equal(['text of 6000', `text of ${octets}`]);
      });

      it('tells what a message takes: compressed, or as if it were not', async () => {
        const wired = await wireUp(role, DEFLATE);
        const mask = role === 'client' ? 4 : 0;
        expect(wired.connection.send('text', HELLO)).to.equal(2 + mask + deflated(HELLO).length);
        expect(wired.connection.send('text', 'Hello')).to.equal(2 + mask + 5);
        expect(wired.connection.send('text', 'abc')).to.equal(2 + mask + 3);
        expect(wired.connection.send('binary', SLOW)).to.equal(10 + mask + SLOW.length);
        expect(wired.connection.bufferedAmount).to.be.at.least(SLOW.length);
        await saidSoMany(wired, 4);
        expect(wired.connection.bufferedAmount).to.equal(0);
        expect(wired.connection.counters.messagesSent).to.equal(4);
      });

      it('keeps the order of what is compressed at once, in the thread pool, and not at all', async () => {
        const wired = await wireUp(role, DEFLATE);
        const { connection } = wired;
        connection.send('text', HELLO);
        connection.send('binary', SLOW);
        connection.send('text', 'abc');
        connection.write(`${HELLO}!`);
        connection.send('binary', SLOW);
        connection.send('text', SLOW_TEXT);
        connection.send('text', 'd');
        connection.close();
        expect(connection.send('text', 'too late')).to.equal(-1);
        expect(await saidSoMany(wired, 8)).to.deep.equal([
          `deflated text ${HELLO}`,
          `deflated binary of ${SLOW.length}`,
          'text abc',
          `deflated text ${HELLO}!`,
          `deflated binary of ${SLOW.length}`,
          `deflated text of ${Buffer.byteLength(SLOW_TEXT)}`,
          'text d',
          'close 1000',
        ]);
      });

      it('keeps the order of fragments that take a while, with pings between', async () => {
        const wired = await wireUp(role, DEFLATE);
        const { connection } = wired;
        connection.send('binary', SLOW, false);
        connection.ping('1');
        connection.send('binary', Buffer.from('x'), false);
        connection.send('binary', SLOW, true);
        connection.ping('2');
        connection.send('text', HELLO);
        const octets = 2 * SLOW.length + 1;
        expect(await saidSoMany(wired, 6)).to.deep.equal([
          'ping 1',
          'ping 2',
          `deflated binary of ${octets}`,
          `deflated text ${HELLO}`,
        ]);
      });

      it('lets pings and pongs go ahead of a job', async () => {
        const wired = await wireUp(role, DEFLATE);
        const slower = Buffer.concat([SLOW, SLOW, SLOW, SLOW]);
        wired.connection.send('binary', slower);
        wired.connection.ping('mine');
        wired.peer.send(wired.peer.frame(0x9, 'yours'));
        expect(await saidSoMany(wired, 3)).to.deep.equal([
          'ping mine',
          'pong yours',
          `deflated binary of ${slower.length}`,
        ]);
      });

      for (const [name, end] of [
        ['close()', (wired: Wired) => wired.connection.close()],
        ['end()', (wired: Wired) => wired.connection.end()],
        ["the peer's Close", (wired: Wired) => wired.peer.send(wired.peer.closeFrame(1000))],
      ] as const) {
        it(`puts our Close behind a job that is under way at ${name}`, async () => {
          const wired = await wireUp(role, DEFLATE);
          const { ends, callback, watch } = endings();
          wired.connection.write(SLOW, callback);
          watch(wired.connection.flushed(), 'flushed');
          end(wired);
          expect(await saidSoMany(wired, 2)).to.deep.equal([
            `deflated binary of ${SLOW.length}`,
            'close 1000',
          ]);
          expect(ends.sort()).to.deep.equal(['flushed done', 'write done']);
        });
      }

      it('counts what waits for a job as backlog: `write` returns false, `drain` follows', async () => {
        const wired = await wireUp(role, { ...DEFLATE, softBacklogBytes: 100_000 });
        const { connection } = wired;
        expect(connection.write(SLOW)).to.equal(false);
        expect(connection.writableNeedDrain).to.equal(true);
        expect(connection.bufferedAmount).to.equal(SLOW.length);
        connection.write('small');
        await once(connection, 'drain');
        expect(connection.writableNeedDrain).to.equal(false);
        expect(connection.bufferedAmount).to.equal(0);
        expect(said(wired)).to.have.length(2);
      });

      it('applies the slow-consumer policy to it', async () => {
        const wired = await wireUp(role, { ...DEFLATE, hardBacklogBytes: 100_000, slowConsumer: 'drop' });
        wired.connection.send('binary', SLOW);
        expect(wired.connection.send('text', 'dropped')).to.equal(0);
        expect(await saidSoMany(wired, 1)).to.have.length(1);
        expect(wired.connection.send('text', 'taken')).to.be.above(0);
        expect(wired.connection.counters.messagesDropped).to.equal(1);
      });

      for (const [name, end] of [
        ['terminate()', ({ connection }: Wired) => connection.terminate()],
        ['destroy()', ({ connection }: Wired) => void connection.destroy()],
        ['destroy(error)', ({ connection }: Wired) => void connection.destroy(new Error('mine'))],
        ['a reset', ({ stream }: Wired) => stream.reset()],
        ['the end of the stream', ({ peer }: Wired) => peer.stream.destroy()],
        ['a frame that breaks a rule', ({ peer }: Wired) => peer.send('ff 00')],
      ] as const) {
        it(`settles each callback and promise once when ${name} comes at any moment of a job (D3)`, async function () {
          this.timeout(30_000);
          let early = 0;
          for (const turns of [0, 1, 2, 4, 8, 16, 32]) {
            const wired = await wireUp(role, DEFLATE);
            const { connection } = wired;
            const { ends, callback, watch } = endings();
            connection.write(SLOW, callback);
            connection.write('behind', callback);
            watch(connection.flushed(), 'flushed');
            await settled(turns);
            end(wired);
            wired.peer.end();
            await until(() => names(wired.events).includes('close'));
            // The job itself goes on in the thread pool for a while: not as long as two more.
            const next = await wireUp(role, DEFLATE);
            next.connection.send('binary', SLOW);
            next.connection.send('binary', SLOW);
            await saidSoMany(next, 2);
            expect(ends).to.have.length(3);
            expect(names(wired.events).filter((event) => event === 'close')).to.have.length(1);
            expect(connection.bufferedAmount).to.equal(0);
            const closed = ConnectionClosedError.name;
            expect(
              ends.filter((ending) => !/ done$/.test(String(ending)) && !String(ending).endsWith(closed)),
            ).to.deep.equal([]);
            // Nothing follows our Close, or comes on a stream that is gone.
            const all = said(wired);
            const [messages, close] = [all.filter((line) => !line.startsWith('close')), all.at(-1)];
            if (messages.length > 0) continue;
            early += 1;
            expect(ends.filter((ending) => String(ending).endsWith('done'))).to.deep.equal([]);
            if (close !== undefined) expect(close).to.match(/^close (?:1001|1002|1011)$/);
          }
          expect(early).to.be.above(0);
        });
      }

      it('lets the next messages refer to those before, if that was agreed on', async () => {
        const wired = await wireUp(role, TAKEOVER);
        const { connection } = wired;
        const peer = new PeerInflater();
        const phrase = noise(3000).toString('hex');
        const messages = [phrase, 'abc', phrase, phrase.repeat(10), phrase, ''];
        for (const message of messages) connection.send('text', message);
        await until(() => sentFrames(wired.stream).length === messages.length);
        const received: string[] = [];
        for (const { rsv1, payload } of sentFrames(wired.stream))
          received.push(String(rsv1 ? await peer.message(payload) : payload));
        expect(received).to.deep.equal(messages);
        const sizes = sentFrames(wired.stream).map(({ payload }) => payload.length);
        expect(sizes[0]).to.be.above(3000);
        expect(sizes[2]).to.be.below(100);
        peer.end();
      });

      it('decides by options of its own what is sent, within what was agreed on', async () => {
        const wired = await wireUp(role, {
          ...DEFLATE,
          extensions: 'permessage-deflate',
          perMessageDeflate: { threshold: Infinity },
        });
        wired.connection.send('text', 'Hello '.repeat(1000));
        expect(await saidSoMany(wired, 1)).to.deep.equal(['text of 6000']);
        const messages: unknown[] = [];
        wired.connection.on('message', (data) => messages.push(data));
        wired.peer.send(wired.peer.frame(1 | RSV1, deflated('Hello')));
        await settled();
        expect(messages).to.deep.equal(['Hello']);
      });

      it('sends a message as it is that does not get shorter, and refers to none of those', async () => {
        const [few, many] = [noise(1000), noise(100 * KiB)];
        const wired = await wireUp(role, DEFLATE);
        for (const octets of [few, many]) wired.connection.send('binary', octets);
        expect(await saidSoMany(wired, 2)).to.deep.equal(['binary of 1000', `binary of ${many.length}`]);
        const other = await wireUp(role, TAKEOVER);
        for (const octets of [many, many]) other.connection.send('binary', octets);
        expect(await saidSoMany(other, 2)).to.deep.equal(Array(2).fill(`binary of ${many.length}`));
      });

      it('sends plain where it was told a window of 8 bits, which zlib cannot compress with', async () => {
        const window = `${role}_max_window_bits=8`;
        const wired = await wireUp(role, { ...DEFLATE, extensions: `permessage-deflate; ${window}` });
        wired.connection.send('text', 'Hello '.repeat(1000));
        wired.connection.send('binary', SLOW);
        expect(await saidSoMany(wired, 2)).to.deep.equal(['text of 6000', `binary of ${SLOW.length}`]);
      });
    });
  }
});
