import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { Inflater } from '../../lib/compression/inflater.js';
import { LimitError, ProtocolError } from '../../lib/errors.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import { noise } from '../protocol/wire.js';
import { octets as hex, settled } from '../wire-peer.js';
import { inflateByTheLetter } from './reference-inflate.js';
import { PeerDeflater, type PeerCoding } from './zlib-peer.js';

const SEED = 7692;
const KiB = 1024;
const MiB = 1024 * KiB;

/** Says how a message is inflated: at once, in the thread pool, or in pieces of so many octets. */
type Way = 'now' | 'later' | number;
const WAYS: readonly Way[] = ['now', 'later', 1, 100_000];

const HOLDER = { name: 'the connection' };

function make(
  { windowBits = 15, keepsContext = false }: PeerCoding = {},
  maxMessageBytes = 16 * MiB,
  limit = Infinity,
) {
  const failed: object[] = [];
  const budget = new MemoryBudget<object>(limit, (holder) => void failed.push(holder));
  const inflater = new Inflater<object>({ windowBits, keepsContext }, maxMessageBytes, budget, HOLDER);
  return { inflater, budget, failed };
}

/** Inflates one message in some way. */
async function inflate(inflater: Inflater<object>, payload: Buffer, way: Way): Promise<Buffer> {
  if (way === 'now') return inflater.inflateNow(payload) ?? inflater.inflateLater(payload);
  if (way === 'later') return inflater.inflateLater(payload);
  const parts: Buffer[] = [];
  const onOctets = (octets: Buffer): void => void parts.push(octets);
  for (let at = 0; at === 0 || at < payload.length; at += way) {
    const isLast = at + way >= payload.length;
    await inflater.inflatePiece(payload.subarray(at, at + way), isLast, isLast, onOctets);
  }
  return Buffer.concat(parts);
}

/** Compresses as a message (RFC 7692 §7.2.1). */
function deflated(octets: Buffer | string, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function expectInvalid(payload: Buffer, way: Way, message = ''): Promise<void> {
  const { inflater, budget } = make();
  const error = await failureOf((async () => inflate(inflater, payload, way))());
  expect(error, message).to.be.instanceOf(ProtocolError);
  expect(error).to.include({ code: 'ERR_WS_INVALID_DEFLATE', closeCode: 1007 });
  inflater.discard(new Error('over'));
  expect(budget.total).to.equal(0);
}

for (const way of WAYS) {
  const name = typeof way === 'number' ? `in pieces of ${way} octets` : way === 'now' ? 'at once' : 'later';

  describe(`Inflater, ${name}`, () => {
    describe('the examples of RFC 7692 §7.2.3', () => {
      for (const [example, payload] of [
        ['one message (§7.2.3.1)', 'f2 48 cd c9 c9 07 00'],
        ['a stored block (§7.2.3.3)', '00 05 00 fa ff 48 65 6c 6c 6f 00'],
        ['a final block (§7.2.3.4)', 'f3 48 cd c9 c9 07 00 00'],
        ['two blocks (§7.2.3.5)', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
      ] as const) {
        it(example, async () => {
          expect(String(await inflate(make().inflater, hex(payload), way))).to.equal('Hello');
        });
      }

      it('a message that refers to the one before (§7.2.3.2)', async () => {
        const { inflater } = make({ keepsContext: true });
        expect(String(await inflate(inflater, hex('f2 48 cd c9 c9 07 00'), way))).to.equal('Hello');
        expect(String(await inflate(inflater, hex('f2 00 11 00 00'), way))).to.equal('Hello');
        await expectInvalid(hex('f2 00 11 00 00'), way);
      });

      it('an empty message (§7.2.3.6), and one without any octets', async () => {
        for (const payload of ['00', '', '02 00', '01', '01 00 00 ff ff 00', '03 00 00', '03 00'])
          expect(String(await inflate(make().inflater, hex(payload), way)), payload).to.equal('');
      });
    });

    it('reads messages with blocks of all kinds, in any order', async () => {
      const texts = [noise(40), Buffer.from('Hello '.repeat(30)), Buffer.alloc(3), Buffer.from('ä')];
      const blocks = texts.map((octets, index) =>
        deflateRawSync(octets, {
          level: index === 0 ? 0 : 6,
          strategy: index === 1 ? constants.Z_FIXED : constants.Z_DEFAULT_STRATEGY,
          finishFlush: index === 3 ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        }),
      );
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [0, 3, 1],
        [3, 3, 2],
        [1, 0, 3],
      ]) {
        const payload = Buffer.concat([...order.map((index) => blocks[index]!), hex('00')]);
        const expected = Buffer.concat(order.map((index) => texts[index]!));
        const received = await inflate(make().inflater, payload, way);
        expect(received.equals(expected), String(order)).to.equal(true);
      }
    });

    it('keeps what was before a final block for the blocks behind it, and for later messages', async () => {
      const phrase = noise(300);
      for (const keepsContext of [false, true]) {
        const { inflater } = make({ keepsContext });
        const again = deflated(phrase, { dictionary: phrase });
        const payload = Buffer.concat([deflateRawSync(phrase), again]);
        const both = Buffer.concat([phrase, phrase]);
        expect((await inflate(inflater, payload, way)).equals(both)).to.equal(true);
        if (keepsContext) expect((await inflate(inflater, again, way)).equals(phrase)).to.equal(true);
        else
          expect(await failureOf((async () => inflate(inflater, again, way))())).to.be.instanceOf(
            ProtocolError,
          );
        inflater.discard(new Error('over'));
      }
    });

    it('fails with 1007 for a message cut off at any octet, unless that is one by the letter', async () => {
      let valid = 0;
      for (const payload of [
        hex('f2 48 cd c9 c9 07 00'),
        hex('00 05 00 fa ff 48 65 6c 6c 6f 00'),
        deflated(noise(30).toString('hex')),
        deflated('Hello '.repeat(100)),
        Buffer.concat([deflateRawSync('one'), deflated('two')]),
      ]) {
        for (let at = 1; at < payload.length; at++) {
          const part = payload.subarray(0, at);
          const expected = byTheLetter(part);
          if (expected === undefined) await expectInvalid(part, way, part.toString('hex'));
          else {
            valid += 1;
            expect(
              (await inflate(make().inflater, part, way)).equals(expected),
              part.toString('hex'),
            ).to.equal(true);
          }
        }
      }
      expect(valid).to.be.within(1, 5);
    });

    it('fails with 1007 for garbage behind a message', async () => {
      for (const garbage of ['ff', '07', '01 02 03 04 05 06', '05'])
        await expectInvalid(Buffer.concat([deflated('Hello'), hex(garbage)]), way, garbage);
    });

    it('fails with 1007 for more final blocks than the octets of the message can need', async () => {
      const blocks = (count: number) => Buffer.concat(Array.from({ length: count }, () => hex('03 00')));
      expect(String(await inflate(make().inflater, Buffer.concat([blocks(16), hex('00')]), way))).to.equal(
        '',
      );
      await expectInvalid(Buffer.concat([blocks(60), hex('00')]), way);
      // Each costs as much as a message: 16, and one for each 64 octets.
      const long = Buffer.concat([deflateRawSync(noise(64 * 60)), blocks(60), hex('00')]);
      expect((await inflate(make().inflater, long, way)).equals(noise(64 * 60))).to.equal(true);
    });

    it('agrees with RFC 1951 by the letter on damaged messages', async function () {
      this.timeout(60_000);
      const source = fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map((octets) => deflated(Buffer.from(octets))),
        fc.uint8Array({ maxLength: 60 }).map((octets) => deflated(Buffer.from(octets), { level: 0 })),
        fc
          .string({ unit: fc.constantFrom('a', 'b', 'cd', 'efg'), minLength: 20, maxLength: 300 })
          .map((text) => deflated(text, { strategy: constants.Z_DEFAULT_STRATEGY })),
        fc.string({ maxLength: 40 }).map((text) => Buffer.concat([deflateRawSync(text), deflated(text)])),
        fc.uint8Array({ minLength: 1, maxLength: 20 }).map((octets) => Buffer.from(octets)),
      );
      const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 2 });
      let valid = 0;
      const numRuns = way === 'now' ? 3000 : way === 1 ? 300 : 600;
      await fc.assert(
        fc.asyncProperty(source, damage, async (octets, changes) => {
          const payload = Buffer.from(octets);
          for (const [at, bits] of changes) if (payload.length > 0) payload[at % payload.length]! ^= bits;
          const expected = byTheLetter(payload);
          const { inflater, budget } = make();
          const received = await (async () => inflate(inflater, payload, way))().catch(
            (error: unknown) => error,
          );
          if (expected === undefined) expect(received).to.include({ code: 'ERR_WS_INVALID_DEFLATE' });
          else {
            valid += 1;
            expect(Buffer.isBuffer(received) && received.equals(expected)).to.equal(true);
          }
          inflater.discard(new Error('over'));
          expect(budget.total).to.equal(0);
        }),
        { seed: SEED, numRuns },
      );
      expect(valid).to.be.within(numRuns / 10, (numRuns * 9) / 10);
    });

    for (const keepsContext of [false, true]) {
      it(`understands streams of zlib ${keepsContext ? 'with' : 'without'} context takeover`, async function () {
        this.timeout(60_000);
        for (const windowBits of [9, 12, 15]) {
          const peer = new PeerDeflater({ windowBits, keepsContext });
          const { inflater } = make({ windowBits, keepsContext });
          const sizes = [5, 5, 0, 700, 40_000, 700, 2 ** windowBits, 2 ** windowBits + 1, 100, 200_000, 100];
          for (const [index, size] of sizes.entries()) {
            // An octet at a time takes its time.
            if (way === 1 && size > 5000) continue;
            const octets = index % 3 === 2 ? Buffer.alloc(size, 'ab') : noise(size);
            const payload = await peer.message(octets);
            const received = await inflate(inflater, payload, way);
            expect(received.equals(octets), `${windowBits} bits, ${size} octets`).to.equal(true);
          }
          peer.end();
          inflater.discard(new Error('over'));
        }
      });
    }

    describe('maxMessageBytes', () => {
      for (const max of [1, 1000, 100_000, 128 * KiB, 128 * KiB + 1, MiB]) {
        it(`lets ${max} octets pass, and fails one more with 1009`, async () => {
          for (const octets of [Buffer.alloc(max, 'x'), noise(max)]) {
            if (way === 1 && octets.equals(noise(max)) && max > 1000) continue;
            const { inflater, budget } = make({}, max);
            expect((await inflate(inflater, deflated(octets), way)).equals(octets)).to.equal(true);
            const longer = deflated(Buffer.concat([octets, Buffer.from('x')]));
            const error = await failureOf((async () => inflate(inflater, longer, way))());
            expect(error).to.be.instanceOf(LimitError);
            expect(error).to.include({ limit: 'maxMessageBytes', value: max, closeCode: 1009 });
            expect((error as LimitError).actual).to.be.above(max);
            inflater.discard(new Error('over'));
            expect(budget.total).to.equal(0);
          }
        });
      }

      it('of 0 lets empty messages pass', async () => {
        const { inflater } = make({}, 0);
        expect((await inflate(inflater, hex('00'), way)).length).to.equal(0);
        const error = await failureOf((async () => inflate(inflater, deflated('x'), way))());
        expect(error).to.include({ limit: 'maxMessageBytes', value: 0, closeCode: 1009 });
        inflater.discard(new Error('over'));
      });

      it('counts all that is between final blocks', async () => {
        const block = deflateRawSync(Buffer.alloc(400));
        const payload = Buffer.concat([block, block, block, hex('00')]);
        expect((await inflate(make({}, 1200).inflater, payload, way)).length).to.equal(1200);
        const { inflater } = make({}, 1199);
        const error = await failureOf((async () => inflate(inflater, payload, way))());
        expect(error).to.be.instanceOf(LimitError);
        inflater.discard(new Error('over'));
      });
    });
  });
}

describe('Inflater', () => {
  it('reads what a compressor says that was told 8 bits and uses 9, as zlib did', () => {
    for (const windowBits of [8, 9]) {
      const { inflater } = make({ windowBits, keepsContext: true });
      const before = noise(512);
      expect(inflater.inflateNow(deflated(before))?.equals(before)).to.equal(true);
      // Refers to the whole of the window: 512 octets back.
      const first = deflated(before.subarray(0, 100), { dictionary: before });
      expect(first.length).to.be.below(20);
      expect(inflater.inflateNow(first)?.equals(before.subarray(0, 100))).to.equal(true);
    }
  });

  it('keeps nothing without context takeover', async () => {
    const phrase = noise(200);
    for (const way of WAYS) {
      const { inflater } = make();
      await inflate(inflater, deflated(phrase), way);
      const again = deflated(phrase, { dictionary: phrase });
      expect(await failureOf((async () => inflate(inflater, again, way))())).to.be.instanceOf(ProtocolError);
      inflater.discard(new Error('over'));
    }
  });

  it('reads on whichever way the message before was inflated', async () => {
    const peer = new PeerDeflater();
    const { inflater } = make({ keepsContext: true });
    const phrase = noise(500);
    for (const way of ['now', 'later', 7, 'later', 100, 'now', 'now', 1000] as const) {
      const payload = await peer.message(phrase);
      expect((await inflate(inflater, payload, way)).equals(phrase), String(way)).to.equal(true);
    }
    peer.end();
  });

  describe('what is inflated at once', () => {
    it('is up to 32 KiB, and what it inflates to up to 128 KiB', () => {
      const { inflater } = make();
      const [fits, tooLong] = [32 * KiB - 6, 32 * KiB - 5].map((length) => {
        const header = Buffer.alloc(5);
        header.writeUInt16LE(length, 1);
        header.writeUInt16LE(length ^ 0xffff, 3);
        return Buffer.concat([header, noise(length), Buffer.from([0])]);
      });
      expect([fits!.length, tooLong!.length]).to.deep.equal([32 * KiB, 32 * KiB + 1]);
      expect(inflater.inflateNow(fits!)?.length).to.equal(32 * KiB - 6);
      expect(inflater.inflateNow(tooLong!)).to.equal(undefined);
      expect(inflater.inflateNow(deflated(Buffer.alloc(128 * KiB)))?.length).to.equal(128 * KiB);
      expect(inflater.inflateNow(deflated(Buffer.alloc(128 * KiB + 1)))).to.equal(undefined);
      // Where no message may be longer, there is nothing to be tried in the thread pool.
      const exact = make({}, 128 * KiB).inflater;
      expect(() => exact.inflateNow(deflated(Buffer.alloc(128 * KiB + 1)))).to.throw(LimitError);
    });

    it('does not enter the window twice when it turns out to be too long', async () => {
      const peer = new PeerDeflater({ windowBits: 9 });
      const { inflater } = make({ windowBits: 9, keepsContext: true });
      for (const octets of [noise(500), Buffer.alloc(200_000, noise(300)), noise(500)]) {
        const payload = await peer.message(octets);
        const received = inflater.inflateNow(payload) ?? (await inflater.inflateLater(payload));
        expect(received.equals(octets)).to.equal(true);
      }
      peer.end();
    });
  });

  describe('a message in pieces', () => {
    it('hands on what a piece holds before it asks for the next', async () => {
      const { inflater } = make();
      const parts: string[] = [];
      const onOctets = (octets: Buffer): void => void parts.push(octets.toString());
      for (const word of ['one', 'two', 'three']) {
        const payload = deflateRawSync(word, { finishFlush: constants.Z_SYNC_FLUSH });
        await inflater.inflatePiece(payload, true, false, onOctets);
        expect(parts.at(-1)).to.equal(word);
      }
      await inflater.inflatePiece(Buffer.from([0]), true, true, onOctets);
      expect(parts).to.deep.equal(['one', 'two', 'three']);
    });

    it('has the limit for each frame, however that is cut', async () => {
      const { inflater } = make({}, 1000);
      let length = 0;
      const onOctets = (octets: Buffer): void => void (length += octets.length);
      const frame = deflateRawSync(Buffer.alloc(1000), { finishFlush: constants.Z_SYNC_FLUSH });
      for (let i = 0; i < 5; i++) {
        await inflater.inflatePiece(frame.subarray(0, 3), false, false, onOctets);
        await inflater.inflatePiece(frame.subarray(3), true, false, onOctets);
      }
      expect(length).to.equal(5000);
      const longer = deflateRawSync(Buffer.alloc(1001), { finishFlush: constants.Z_SYNC_FLUSH });
      const error = await failureOf(inflater.inflatePiece(longer, true, false, onOctets));
      expect(error).to.include({ limit: 'maxMessageBytes', value: 1000, closeCode: 1009 });
      expect(length, 'nothing past the limit').to.be.at.most(6000);
      inflater.discard(new Error('over'));
    });

    it('has it anew in the next message', async () => {
      const { inflater } = make({}, 1000);
      for (let i = 0; i < 3; i++)
        expect((await inflate(inflater, deflated(Buffer.alloc(1000)), 1)).length).to.equal(1000);
    });
  });

  describe('pause', () => {
    it('stops a message in pieces, and also the next one, until it goes on', async () => {
      const { inflater } = make();
      let length = 0;
      const onOctets = (octets: Buffer): void => void (length += octets.length);
      inflater.pause();
      const piece = inflater.inflatePiece(deflated(Buffer.alloc(2 * MiB)), true, true, onOctets);
      await settled(60);
      expect(length).to.equal(0);
      inflater.resume();
      await piece;
      expect(length).to.equal(2 * MiB);
    });

    it('lets only what is under way go on, a part of 32 KiB', async () => {
      const { inflater } = make();
      let length = 0;
      const piece = inflater.inflatePiece(deflated(Buffer.alloc(MiB)), true, true, (octets) => {
        length += octets.length;
        inflater.pause();
      });
      let isDone = false;
      void piece.then(() => (isDone = true));
      for (let before = 0; !isDone; before = length) {
        await settled(10);
        expect(length - before).to.be.at.most(32 * KiB);
        inflater.resume();
      }
      expect(length).to.equal(MiB);
    });
  });
});

/** Inflates by the letter; undefined for what is no message. */
function byTheLetter(payload: Buffer): Buffer | undefined {
  try {
    return inflateByTheLetter(payload);
  } catch {
    return undefined;
  }
}
