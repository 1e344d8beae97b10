import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import type { MessageFragment } from '../../lib/protocol/fragment-decoder.js';
import { INFLATION_BYTES, Inflater } from '../../lib/compression/inflater.js';
import { processLimits, unfinishedBudget } from '../../lib/connection/process-limits.js';
import type { TakeoverOptions } from '../../lib/connection/takeover-options.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { Connection } from '../../lib/takeover.js';
import { RSV1, deflated } from '../compression/compressed-wire.js';
import { PeerDeflater } from '../compression/zlib-peer.js';
import { duplexPair } from '../duplex-pair.js';
import { noise } from '../protocol/wire.js';
import { turn, until } from '../turns.js';
import {
  ROLES,
  collect,
  expectFailed,
  names,
  octets as hex,
  settled,
  unwire,
  wireUp,
  type Wired,
} from '../wire-peer.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const TEXT = 1;
const BINARY = 2;

const DEFLATE: TakeoverOptions = {
  extensions: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  keepalive: 0,
};

/** Inflates in the thread pool: too large to be inflated at once. */
const LARGE = Buffer.alloc(MiB, 'large ');

/** Makes the frame of a compressed message. */
function compressed({ peer }: Wired, data: string | Buffer): Buffer {
  return peer.frame((typeof data === 'string' ? TEXT : BINARY) | RSV1, deflated(data));
}

/** Writes down everything that comes, in order; of long messages the length. */
function record(connection: Connection): string[] {
  const log: string[] = [];
  connection.on('message', (data, isBinary) => {
    const shown = data.length > 40 ? `of ${data.length}` : String(data);
    log.push(`${isBinary ? 'binary' : 'text'} ${shown}`.trimEnd());
  });
  connection.on('ping', (payload) => log.push(`ping ${payload.toString()}`));
  connection.on('closing', (code, _reason, origin) => log.push(`closing ${code} ${origin}`));
  connection.on('close', (code) => log.push(`close ${code}`));
  return log;
}

/** Waits until a connection has failed, and tells so. */
async function failed(wired: Wired, code: number): Promise<void> {
  await until(() => names(wired.events).includes('closing'));
  await expectFailed(wired, code);
}

/** Waits as long as it takes to inflate so many octets. */
async function whileInflating(length: number): Promise<number> {
  const budget = new MemoryBudget<object>(Infinity, () => {});
  const inflater = new Inflater({ windowBits: 15, keepsContext: false }, length, budget, {});
  return (await inflater.inflateLater(deflated(Buffer.alloc(length)))).length;
}

describe('Connection: inflating', () => {
  afterEach(async () => {
    await unwire();
    await until(() => unfinishedBudget.total === 0);
  });

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('delivers in order what is compressed, small or large, and what is not', async () => {
        const wired = await wireUp(role, DEFLATE);
        const log = record(wired.connection);
        const { peer } = wired;
        peer.send(
          compressed(wired, 'Hello'),
          peer.frame(TEXT, 'plain'),
          compressed(wired, LARGE),
          peer.frame(0x9, 'behind'),
          compressed(wired, 'small'),
          compressed(wired, LARGE.toString()),
          compressed(wired, Buffer.alloc(0)),
          peer.frame(BINARY, 'plain'),
          peer.closeFrame(1001),
        );
        await until(() => log.some((line) => line.startsWith('closing')));
        expect(log).to.deep.equal([
          'text Hello',
          'text plain',
          `binary of ${MiB}`,
          'ping behind',
          'text small',
          `text of ${MiB}`,
          'binary',
          'binary plain',
          'closing 1001 remote',
        ]);
        expect(wired.connection.counters.messagesReceived).to.equal(7);
      });

      it('delivers the same, octet by octet and in fragments with pings between', async () => {
        const wired = await wireUp(role, DEFLATE);
        const log = record(wired.connection);
        const { peer } = wired;
        const payload = deflated('Hello, hello');
        const stream = Buffer.concat([
          peer.frame(TEXT | RSV1, payload.subarray(0, 3), false),
          peer.frame(0x9, 'x'),
          peer.frame(0, payload.subarray(3, 5), false),
          peer.frame(0, '', false),
          peer.frame(0, payload.subarray(5)),
          compressed(wired, 'next'),
        ]);
        for (const octet of stream) {
          peer.send(Buffer.from([octet]));
          await turn();
        }
        await until(() => log.length === 3);
        expect(log).to.deep.equal(['ping x', 'text Hello, hello', 'text next']);
      });

      it('leaves the event loop to others, however much a few octets hold (R4)', async () => {
        const wired = await wireUp(role, DEFLATE);
        let [turns, inTurn, most, count] = [0, 0, 0, 0];
        wired.connection.on('binary', () => {
          count += 1;
          most = Math.max(most, ++inTurn);
        });
        const frame = compressed(wired, Buffer.alloc(64 * KiB));
        wired.peer.send(...Array.from({ length: 300 }, () => frame));
        await until(() => {
          turns += 1;
          inTurn = 0;
          return count === 300;
        });
        // 30 KiB of frames, and 19 MiB of messages.
        expect(most).to.be.at.most(4);
        expect(turns).to.be.at.least(75);
        expect(wired.connection.counters.messagesReceived).to.equal(300);
      });

      it('understands messages that refer to those before, whether they were large or small', async () => {
        const wired = await wireUp(role, { ...DEFLATE, extensions: 'permessage-deflate' });
        const messages = collect(wired.connection);
        const deflater = new PeerDeflater();
        const sent: Buffer[] = [];
        for (const size of [300, 300, 100_000, 300, 200_000, 5, 300]) {
          const data = size < 1000 ? noise(size) : Buffer.concat([noise(size - 300), noise(300)]);
          sent.push(data);
          wired.peer.send(wired.peer.frame(BINARY | RSV1, await deflater.message(data)));
          wired.peer.send(wired.peer.frame(TEXT, 'between'));
        }
        await until(() => messages.length === 14);
        expect(
          messages
            .filter((_, index) => index % 2 === 0)
            .every((data, index) => sent[index]!.equals(data as Buffer)),
        ).to.equal(true);
        deflater.end();
      });

      describe('fails', () => {
        for (const [name, options, first] of [
          ['RSV1 where nothing was agreed on', {}, TEXT | RSV1],
          ['RSV1 of a ping', DEFLATE, 0x9 | RSV1],
          ['RSV1 of a pong', DEFLATE, 0xa | RSV1],
          ['RSV1 of a Close', DEFLATE, 0x8 | RSV1],
          ['RSV2', DEFLATE, TEXT | 0x20],
          ['RSV3 beside RSV1', DEFLATE, BINARY | RSV1 | 0x10],
        ] as const) {
          it(`with 1002 for ${name}`, async () => {
            const wired = await wireUp(role, options);
            wired.peer.send(wired.peer.frame(first, ''));
            await expectFailed(wired, 1002);
          });
        }

        it('with 1002 for RSV1 of a continuation, in a compressed message or another (RFC 7692 §6.1)', async () => {
          for (const first of [TEXT, TEXT | RSV1]) {
            const wired = await wireUp(role, DEFLATE);
            wired.peer.send(wired.peer.frame(first, '', false), wired.peer.frame(RSV1, deflated('x')));
            await expectFailed(wired, 1002);
          }
        });

        for (const [name, code, opcode, payload] of [
          ['what is no deflate', 1007, BINARY, hex('ff')],
          ['what is cut off', 1007, BINARY, hex('f2 48 cd')],
          ['what refers to the message before, without context takeover', 1007, TEXT, hex('f2 00 11 00 00')],
          ['text that is not UTF-8', 1007, TEXT, deflated(hex('61 ff'))],
          ['text that ends within a character', 1007, TEXT, deflated(hex('61 c3'))],
          ['a large text that is not UTF-8', 1007, TEXT, deflated(Buffer.concat([LARGE, hex('c0')]))],
          ['what is no deflate, and large', 1007, BINARY, Buffer.alloc(50 * KiB, 0xff)],
          ['more than maxMessageBytes', 1009, BINARY, deflated(Buffer.alloc(2 * MiB + 1))],
          ['much more', 1009, TEXT, deflated(Buffer.alloc(64 * MiB))],
        ] as const) {
          for (const fragments of [false, true]) {
            it(`with ${code} for ${name}${fragments ? ', in pieces' : ''}, and delivers what came before`, async () => {
              const wired = await wireUp(role, { ...DEFLATE, fragments, maxMessageBytes: 2 * MiB });
              const log = record(wired.connection);
              wired.connection.on('fragment', ({ data }) => log.push(`text ${String(data).slice(0, 9)}`));
              const { peer } = wired;
              peer.send(
                compressed(wired, 'before'),
                peer.frame(opcode | RSV1, payload),
                compressed(wired, 'behind'),
                peer.frame(0x9, ''),
              );
              await failed(wired, code);
              expect(log[0]).to.equal('text before');
              expect(log.some((line) => /behind|ping/.test(line))).to.equal(false);
              expect(log.at(-2)).to.equal(`closing ${code} local`);
            });
          }
        }
      });

      it('lets a message of exactly maxMessageBytes pass, small or large', async () => {
        for (const max of [100, MiB]) {
          const wired = await wireUp(role, { ...DEFLATE, maxMessageBytes: max });
          const messages = collect(wired.connection);
          wired.peer.send(compressed(wired, Buffer.alloc(max)), compressed(wired, noise(max)));
          await until(() => messages.length === 2);
          expect(messages.map(({ length }) => length)).to.deep.equal([max, max]);
        }
      });

      it('delivers a large message also when the peer goes away behind it', async () => {
        for (const goAway of [
          ({ peer }: Wired) => peer.end(),
          ({ peer }: Wired) => peer.stream.destroy(),
          ({ peer }: Wired) => peer.send(peer.closeFrame(1000)),
        ]) {
          const wired = await wireUp(role, DEFLATE);
          const log = record(wired.connection);
          wired.peer.send(compressed(wired, LARGE), compressed(wired, 'last'));
          goAway(wired);
          await until(() => log.length >= 3);
          wired.peer.end();
          await until(() => log.at(-1)!.startsWith('close '));
          expect(log.slice(0, 2)).to.deep.equal([`binary of ${MiB}`, 'text last']);
          expect(log.filter((line) => line.startsWith('close '))).to.have.length(1);
        }
      });

      it('delivers a large message also when the stream is lost while it is inflated', async () => {
        const wired = await wireUp(role, DEFLATE);
        const log = record(wired.connection);
        wired.peer.send(compressed(wired, LARGE), compressed(wired, 'last'));
        await until(() => unfinishedBudget.total > 0);
        wired.stream.reset();
        await until(() => log.at(-1) === 'close 1006');
        expect(log).to.deep.equal([`binary of ${MiB}`, 'text last', 'close 1006']);
      });

      for (const fragments of [false, true]) {
        for (const [name, end] of [
          ['terminate()', ({ connection }: Wired) => connection.terminate()],
          ['destroy()', ({ connection }: Wired) => void connection.destroy()],
          ['destroy(error)', ({ connection }: Wired) => void connection.destroy(new Error('mine'))],
          ['a reset', ({ stream }: Wired) => stream.reset()],
        ] as const) {
          it(`ends once, and gives all back, when ${name} comes at any moment${fragments ? ', in pieces' : ''} (D3)`, async () => {
            for (const turns of [0, 1, 2, 3, 4, 6, 8, 12, 20]) {
              const wired = await wireUp(role, { ...DEFLATE, fragments });
              let late = 0;
              let isOver = false;
              wired.connection.on('message', () => (late += Number(isOver)));
              wired.connection.on('fragment', () => (late += Number(isOver)));
              wired.connection.on('close', () => (isOver = true));
              wired.peer.send(compressed(wired, LARGE), compressed(wired, LARGE));
              await settled(turns);
              end(wired);
              wired.peer.end();
              await until(() => isOver);
              await until(() => unfinishedBudget.total === 0);
              await settled();
              expect(late).to.equal(0);
              expect(names(wired.events).filter((event) => event === 'close')).to.have.length(1);
            }
          });
        }
      }

      it('answers our own close while a message is inflated', async () => {
        const wired = await wireUp(role, DEFLATE);
        const log = record(wired.connection);
        wired.peer.send(compressed(wired, LARGE));
        await settled(2);
        wired.connection.close();
        await settled(2);
        expect(wired.peer.said()).to.deep.equal(['close 1000 "Normal closure"']);
        wired.peer.answerClose(1000);
        await until(() => log.at(-1) === 'close 1000');
        expect(log).to.deep.equal(['closing 1000 local', `binary of ${MiB}`, 'close 1000']);
      });

      it('waits for an asynchronous handler', async () => {
        const log: string[] = [];
        let isBusy = false;
        const wired = await wireUp(role, {
          ...DEFLATE,
          handler: async (_connection, type, message) => {
            if (type !== 'text' && type !== 'binary') return;
            expect(isBusy).to.equal(false);
            isBusy = true;
            await settled(3);
            isBusy = false;
            log.push(`${type} ${message.length}`);
          },
        });
        wired.peer.send(
          compressed(wired, LARGE),
          compressed(wired, 'small'),
          compressed(wired, LARGE.toString()),
          wired.peer.frame(TEXT, 'plain'),
        );
        await until(() => log.length === 4);
        expect(log).to.deep.equal([`binary ${MiB}`, 'text 5', `text ${MiB}`, 'text 5']);
      });

      it('is read as a stream', async () => {
        const wired = await wireUp(role, DEFLATE);
        wired.peer.send(compressed(wired, 'one'), compressed(wired, LARGE), compressed(wired, 'two'));
        wired.peer.send(wired.peer.closeFrame(1000));
        wired.peer.end();
        const lengths: number[] = [];
        for await (const message of wired.connection) lengths.push((message as string).length);
        expect(lengths).to.deep.equal([3, MiB, 3]);
      });

      describe('with `fragments: true`', () => {
        const PIECES: TakeoverOptions = { ...DEFLATE, fragments: true };

        function pieces(connection: Connection) {
          const fragments: MessageFragment[] = [];
          connection.on('fragment', (fragment) => fragments.push(fragment));
          return fragments;
        }

        it('gives a message piece by piece, text between characters, however it is cut', async () => {
          const text = 'aé€👋'.repeat(300);
          const payload = deflated(text);
          for (const size of [1, 7, 100_000]) {
            const wired = await wireUp(role, PIECES);
            const fragments = pieces(wired.connection);
            const stream = Buffer.concat([
              wired.peer.frame(TEXT | RSV1, payload.subarray(0, 20), false),
              wired.peer.frame(0x9, ''),
              wired.peer.frame(0, payload.subarray(20)),
              compressed(wired, Buffer.from('next')),
              wired.peer.frame(TEXT, 'plain'),
            ]);
            for (let at = 0; at < stream.length; at += size) wired.peer.send(stream.subarray(at, at + size));
            await until(() => fragments.filter(({ final }) => final).length === 3);
            const texts = fragments.filter(({ type }) => type === 'text').map(({ data }) => String(data));
            expect(texts.join('')).to.equal(`${text}plain`);
            for (const data of texts) expect(Buffer.from(data).toString()).to.equal(data);
            const binary = fragments.filter(({ type }) => type === 'binary');
            expect(Buffer.concat(binary.map(({ data }) => data as Buffer)).toString()).to.equal('next');
            expect(fragments.at(-1)).to.include({ type: 'text', final: true });
          }
        });

        it('gives what is flushed before the message ends', async () => {
          const wired = await wireUp(role, PIECES);
          const fragments = pieces(wired.connection);
          const flushed = deflateRawSync('Hello', { finishFlush: constants.Z_SYNC_FLUSH });
          wired.peer.send(wired.peer.frame(TEXT | RSV1, flushed, false));
          await until(() => fragments.map(({ data }) => data).join('') === 'Hello');
          expect(fragments.every(({ final }) => !final)).to.equal(true);
          wired.peer.send(wired.peer.frame(0, hex('00')));
          await until(() => fragments.at(-1)!.final);
        });

        it('passes messages of any length, with the limit for each frame', async () => {
          const wired = await wireUp(role, { ...PIECES, maxMessageBytes: 100 * KiB });
          let length = 0;
          let isDone = false;
          wired.connection.on('fragment', ({ data, final }) => {
            length += data.length;
            isDone = final;
          });
          const frame = deflateRawSync(Buffer.alloc(100 * KiB), { finishFlush: constants.Z_SYNC_FLUSH });
          wired.peer.send(wired.peer.frame(BINARY | RSV1, '', false));
          for (let i = 0; i < 30; i++) wired.peer.send(wired.peer.frame(0, frame, false));
          wired.peer.send(wired.peer.frame(0, hex('00')));
          await until(() => isDone);
          expect(length).to.equal(30 * 100 * KiB);
        });

        it('inflates no more than a paused consumer leaves room for', async () => {
          const wired = await wireUp(role, { ...PIECES, maxQueuedBytes: 64 * KiB });
          const { connection } = wired;
          let length = 0;
          let finals = 0;
          let isPatient = true;
          connection.on('fragment', ({ data, final }) => {
            if (isPatient) connection.pause();
            length += data.length;
            finals += Number(final);
          });
          wired.peer.send(compressed(wired, Buffer.alloc(4 * MiB)), compressed(wired, Buffer.alloc(10)));
          await until(() => length > 0);
          for (let i = 0; i < 4; i++) {
            // As long as all of it would take to be inflated, and some.
            expect(await whileInflating(4 * MiB)).to.equal(4 * MiB);
            const before = length;
            connection.resume();
            await until(() => length > before);
            expect(length - before).to.be.at.most(64 * KiB);
          }
          isPatient = false;
          connection.resume();
          await until(() => finals === 2);
          expect(length).to.equal(4 * MiB + 10);
        });

        it('costs the process what zlib holds of a message that is not over, until its connection is', async () => {
          const { maxUnfinishedBytes } = processLimits();
          const wireds = [await wireUp(role, PIECES), await wireUp(role, PIECES), await wireUp(role, PIECES)];
          const piece = deflated('parked').subarray(0, -1);
          for (const { peer } of wireds) peer.send(peer.frame(TEXT | RSV1, piece, false));
          await until(() => unfinishedBudget.total === 3 * INFLATION_BYTES);
          try {
            processLimits({ maxUnfinishedBytes: 2 * INFLATION_BYTES });
            const isFailed = ({ events }: Wired): boolean => names(events).includes('closing');
            await until(() => wireds.some(isFailed));
            const [failed, ...others] = wireds.filter(isFailed);
            expect(others).to.deep.equal([]);
            await expectFailed(failed!, 1009);
            expect(unfinishedBudget.total).to.equal(2 * INFLATION_BYTES);
            const [one, other] = wireds.filter((wired) => !isFailed(wired));
            one!.connection.terminate();
            other!.peer.end();
            await until(() => unfinishedBudget.total === 0);
          } finally {
            processLimits({ maxUnfinishedBytes });
          }
        });

        it('lets go of what a paused consumer never takes', async () => {
          for (const end of [
            ({ connection }: Wired) => connection.terminate(),
            ({ connection }: Wired) => void connection.destroy(),
          ]) {
            const wired = await wireUp(role, PIECES);
            let count = 0;
            wired.connection.on('fragment', () => (count += 1));
            wired.connection.pause();
            wired.peer.send(compressed(wired, Buffer.alloc(8 * MiB)));
            await settled(40);
            end(wired);
            wired.peer.end();
            await until(() => names(wired.events).includes('close'));
            expect(count).to.equal(0);
          }
        });
      });

      it('costs the process what either direction keeps with context takeover, until it is over', async () => {
        for (const end of [
          ({ connection }: Wired) => connection.terminate(),
          ({ connection }: Wired) => connection.close(),
          ({ peer }: Wired) => peer.send(peer.frame(8, hex('03 e8'))),
          ({ peer }: Wired) => peer.end(),
        ]) {
          const wired = await wireUp(role, { ...DEFLATE, extensions: 'permessage-deflate' });
          const received = collect(wired.connection);
          wired.peer.send(compressed(wired, Buffer.alloc(100, 'in')));
          await until(() => received.length === 1);
          const incoming = unfinishedBudget.total;
          expect(incoming).to.be.within(100, 2 * KiB);
          wired.connection.send('binary', Buffer.alloc(4 * KiB, 'out'));
          await settled();
          expect(unfinishedBudget.total - incoming).to.be.within(4 * KiB, 8 * KiB);
          end(wired);
          wired.peer.end();
          await until(() => names(wired.events).includes('close'));
          expect(unfinishedBudget.total).to.equal(0);
        }
      });

      describe('taken over', () => {
        const takeover = (options: TakeoverOptions): Connection => {
          const [stream] = duplexPair();
          return Connection.takeover(stream, { server: role === 'server', ...options });
        };

        it('tells what was agreed on', async () => {
          const extensions = 'permessage-deflate; server_max_window_bits=10';
          const { connection } = await wireUp(role, { extensions, perMessageDeflate: {} });
          expect(connection.extensions).to.equal(extensions);
        });

        for (const [extensions, options] of [
          ['permessage-deflate; x', {}],
          ['permessage-deflate; server_max_window_bits', {}],
          ['permessage-deflate; server_max_window_bits=16', {}],
          ['permessage-deflate; client_max_window_bits', {}],
          ['permessage-deflate; server_no_context_takeover=1', {}],
          ['permessage-deflate, permessage-deflate', {}],
          ['permessage-deflate, x', {}],
          ['x', {}],
          ['permessage-deflate;', {}],
          ['a b', {}],
          [',', {}],
          ['permessage-deflate', { perMessageDeflate: false }],
        ] as const) {
          it(`refuses "${extensions}"${'perMessageDeflate' in options ? ' with perMessageDeflate: false' : ''}`, () => {
            expect(() => takeover({ extensions, ...options })).to.throw(InvalidOptionError, /^extensions: /);
          });
        }

        it('refuses bad options, also where nothing was agreed on', () => {
          expect(() => takeover({ perMessageDeflate: { threshold: -1 } })).to.throw(
            InvalidOptionError,
            /^threshold: /,
          );
          const own = role === 'client' ? 'clientMaxWindowBits' : 'serverMaxWindowBits';
          expect(() => takeover({ perMessageDeflate: { [own]: 8 } })).to.throw(
            InvalidOptionError,
            new RegExp(`^${own}: `),
          );
          expect(() => takeover({ extensions: 5 as unknown as string })).to.throw(
            InvalidOptionError,
            /^extensions: /,
          );
        });
      });
    });
  }
});
