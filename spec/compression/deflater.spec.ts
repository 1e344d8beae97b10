import { constants, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Coding } from '../../lib/compression/coding.js';
import { deflateSettings, type PerMessageDeflateOptions } from '../../lib/compression/deflate-options.js';
import { Deflater } from '../../lib/compression/deflater.js';
import { noise } from '../protocol/wire.js';
import { octets as hex } from '../wire-peer.js';
import { PeerInflater } from './zlib-peer.js';

const SEED = 7692;
const HELLO = Buffer.from('Hello');
const KiB = 1024;

function make(coding: Partial<Coding> = {}, options: PerMessageDeflateOptions = {}): Deflater {
  return new Deflater(
    { windowBits: 15, keepsContext: false, ...coding },
    deflateSettings({ threshold: 0, ...options })!,
  );
}

/** Compresses a piece at once; it is one that does get shorter, or no message by itself. */
function compress(deflater: Deflater, octets: Buffer, final: boolean): Buffer {
  return deflater.deflateNow(octets, final)!;
}

async function compressLater(deflater: Deflater, octets: Buffer, final: boolean): Promise<Buffer> {
  return (await deflater.deflateLater(octets, final))!;
}

/** Compresses a whole message at once; gives the payload in hex. */
function message(deflater: Deflater, octets: Buffer | string): string {
  const data = Buffer.from(octets);
  expect(deflater.takes(true, data.length)).to.equal(true);
  // A piece that is not the first is compressed even when it does not get shorter.
  deflater.takes(false, 0);
  return compress(deflater, data, true).toString('hex');
}

/** Inflates a payload by itself. */
function inflated(payload: Buffer, options: ZlibOptions = {}): Buffer {
  const whole = Buffer.concat([payload, hex('00 00 ff ff')]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
}

/** Gives octets that shrink: words of a small vocabulary. */
function prose(length: number, seed = 0): Buffer {
  const words = ['hawser', 'line', 'made', 'fast', 'long', 'lived', 'under', 'load', 'watched', 'peer'];
  const random = noise(length + seed).subarray(seed);
  const text = Array.from(random, (octet) => words[octet % words.length]).join(' ');
  return Buffer.from(text.slice(0, length));
}

describe('Deflater', () => {
  describe('the examples of RFC 7692 §7.2.3', () => {
    it('one message (§7.2.3.1)', () => {
      expect(message(make(), HELLO)).to.equal('f248cdc9c90700');
    });

    it('one that refers to the one before (§7.2.3.2)', () => {
      const deflater = make({ keepsContext: true });
      expect(message(deflater, HELLO)).to.equal('f248cdc9c90700');
      expect(message(deflater, HELLO)).to.equal('f200110000');
    });

    it('one that does not, without context takeover', () => {
      const deflater = make();
      message(deflater, HELLO);
      expect(message(deflater, HELLO)).to.equal('f248cdc9c90700');
    });

    it('a stored block (§7.2.3.3)', () => {
      const deflater = make({}, { zlibDeflateOptions: { level: 0 } });
      expect(message(deflater, HELLO)).to.equal('000500faff48656c6c6f00');
    });

    it('an empty message (§7.2.3.6)', () => {
      for (const keepsContext of [false, true]) {
        expect(message(make({ keepsContext }), '')).to.equal('00');
      }
    });
  });

  describe('threshold', () => {
    it('decides by the first piece of a message, for all of it', () => {
      const deflater = make({}, { threshold: 100 });
      expect(deflater.takes(true, 99)).to.equal(false);
      expect([0, 100, 1_000_000].map((length) => deflater.takes(false, length))).to.deep.equal([
        false,
        false,
        false,
      ]);
      expect(deflater.takes(true, 100)).to.equal(true);
      expect([0, 99, 100].map((length) => deflater.takes(false, length))).to.deep.equal([true, true, true]);
      expect(deflater.takes(true, 0)).to.equal(false);
    });

    it('is 1 KiB by default; 0 takes empty messages, Infinity nothing', () => {
      const usual = new Deflater({ windowBits: 15, keepsContext: false }, deflateSettings(true)!);
      expect([1023, 1024].map((length) => usual.takes(true, length))).to.deep.equal([false, true]);
      expect(make().takes(true, 0)).to.equal(true);
      expect(make({}, { threshold: Infinity }).takes(true, 1e9)).to.equal(false);
    });

    it('is never reached with a window of 8 bits, which zlib cannot compress with', () => {
      const deflater = make({ windowBits: 8 });
      expect(deflater.takes(true, 1_000_000)).to.equal(false);
      expect(deflater.isSlow(true, 1_000_000)).to.equal(false);
    });
  });

  describe('isSlow', () => {
    it('is what is compressed and longer than 32 KiB', () => {
      const deflater = make();
      expect([32 * KiB, 32 * KiB + 1].map((length) => deflater.isSlow(true, length))).to.deep.equal([
        false,
        true,
      ]);
      const reluctant = make({}, { threshold: 100 * KiB });
      expect([50 * KiB, 100 * KiB].map((length) => reluctant.isSlow(true, length))).to.deep.equal([
        false,
        true,
      ]);
    });

    it('depends within a message on how that began, and changes nothing', () => {
      const deflater = make({}, { threshold: 100 });
      deflater.takes(true, 99);
      expect(deflater.isSlow(false, 100 * KiB)).to.equal(false);
      expect(deflater.isSlow(true, 100 * KiB)).to.equal(true);
      expect(deflater.takes(false, 100 * KiB)).to.equal(false);
      deflater.takes(true, 100);
      expect(deflater.isSlow(false, 100 * KiB)).to.equal(true);
      expect(deflater.isSlow(true, 10)).to.equal(false);
      expect(deflater.isSlow(false, 10)).to.equal(false);
    });
  });

  it('tunes zlib as it is told', () => {
    const octets = prose(20_000);
    const sizes = [0, 1, 9].map((level) => {
      const payload = compress(make({}, { zlibDeflateOptions: { level } }), octets, true);
      expect(inflated(payload).equals(octets)).to.equal(true);
      return payload.length;
    });
    expect(sizes[0]).to.be.above(20_000);
    expect(sizes[1]).to.be.within(1000, 10_000);
    expect(sizes[2]).to.be.below(sizes[1]!);
    const huffman = make({}, { zlibDeflateOptions: { strategy: constants.Z_HUFFMAN_ONLY } });
    expect(compress(huffman, Buffer.alloc(10_000), true).length).to.be.above(1000);
    const small = compress(make({}, { zlibDeflateOptions: { memLevel: 1 } }), octets, true);
    expect(small.length).to.be.above(sizes[2]!);
  });

  it('takes level 3 unless it is told otherwise', () => {
    const octets = prose(16 * KiB);
    const [usual, third, sixth] = [{}, { level: 3 }, { level: 6 }].map((zlibDeflateOptions) =>
      compress(make({}, { zlibDeflateOptions }), octets, true),
    );
    expect(usual!.equals(third!)).to.equal(true);
    expect(usual!.length).to.be.above(sixth!.length);
  });

  it('gives zlib room a piece at a time, at once and later, for octets of any kind', async () => {
    for (const octets of [noise(32 * KiB), prose(32 * KiB), noise(5000), prose(1)]) {
      const deflater = make();
      deflater.takes(false, 0);
      const payload = compress(deflater, octets, true);
      expect(inflated(payload).equals(octets)).to.equal(true);
      expect((await compressLater(deflater, octets, true)).equals(payload)).to.equal(true);
    }
  });

  describe('the window', () => {
    for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
      it(`reaches ${windowBits} bits back, and no further`, async () => {
        const size = 2 ** windowBits;
        const [near, far] = [size - 400, size + 400].map((distance) => {
          const deflater = make({ windowBits, keepsContext: true });
          const phrase = noise(100);
          compress(deflater, phrase, true);
          // zlib keeps 262 octets of its window to itself.
          compress(deflater, noise(100 + distance).subarray(100 + 100), true);
          return compress(deflater, phrase, true).length;
        });
        expect(near).to.be.below(20);
        expect(far).to.be.above(100);
      });
    }

    it('holds only what was compressed, not what went between as it is', async () => {
      const deflater = make({ keepsContext: true }, { threshold: 50 });
      const peer = new PeerInflater();
      const phrase = Buffer.alloc(60, 'abcdefghij');
      const other = noise(49);
      expect(deflater.takes(true, 60)).to.equal(true);
      await peer.message(compress(deflater, phrase, true));
      expect(deflater.takes(true, 49)).to.equal(false);
      expect(deflater.takes(true, 60)).to.equal(true);
      const third = compress(deflater, Buffer.concat([phrase, other]), true);
      expect((await peer.message(third)).equals(Buffer.concat([phrase, other]))).to.equal(true);
      peer.end();
    });

    it('ends with each message where there is no context takeover, also an empty or a fragmented one', () => {
      const deflater = make();
      const phrase = noise(200);
      const first = compress(deflater, phrase, false);
      const last = compress(deflater, phrase, true);
      expect(first.length).to.be.above(200);
      expect(last.length, 'refers to the first fragment').to.be.below(20);
      expect(inflated(Buffer.concat([first, last])).equals(Buffer.concat([phrase, phrase]))).to.equal(true);
      expect(inflated(compress(deflater, phrase, true)).equals(phrase)).to.equal(true);
      compress(deflater, phrase, false);
      expect(compress(deflater, Buffer.alloc(0), true).toString('hex')).to.equal('00');
      expect(compress(deflater, phrase, true).length, 'refers to nothing').to.be.above(200);
    });

    it('lasts beyond an empty message where there is', () => {
      const deflater = make({ keepsContext: true });
      const phrase = noise(200);
      compress(deflater, phrase, false);
      compress(deflater, Buffer.alloc(0), true);
      expect(compress(deflater, phrase, true).length).to.be.below(20);
    });
  });

  describe('fragments', () => {
    it('end with an empty block, and the last one without', () => {
      const deflater = make();
      const first = compress(deflater, Buffer.from('Hel'), false);
      const last = compress(deflater, Buffer.from('lo'), true);
      expect(first.subarray(-4).toString('hex')).to.equal('0000ffff');
      expect(last.subarray(-4).toString('hex')).to.not.equal('0000ffff');
      expect(inflated(Buffer.concat([first, last])).toString()).to.equal('Hello');
    });

    it('may be empty, at the beginning, in the middle, at the end', () => {
      for (const pieces of [
        ['', 'Hello'],
        ['Hel', '', 'lo'],
        ['Hello', ''],
        ['', ''],
        ['', '', 'Hello', '', ''],
      ]) {
        const deflater = make();
        const payloads = pieces.map((piece, index) =>
          compress(deflater, Buffer.from(piece), index === pieces.length - 1),
        );
        expect(inflated(Buffer.concat(payloads)).toString(), pieces.join('|')).to.equal(pieces.join(''));
      }
    });
  });

  it('ends right where zlib fills its buffer just so', async function () {
    this.timeout(20_000);
    // zlib flushes twice when its output ends exactly at the end of a buffer, of 16 KiB.
    for (const level of [0, 6]) {
      for (let length = 16_360; length <= 16_395; length++) {
        const deflater = make({}, { zlibDeflateOptions: { level } });
        const octets = noise(length);
        expect(inflated(compress(deflater, octets, true)).equals(octets), String(length)).to.equal(true);
        const later = await compressLater(deflater, octets, true);
        expect(inflated(later).equals(octets), String(length)).to.equal(true);
      }
    }
  });

  it('does not change what it is given', async () => {
    const octets = prose(5000);
    const before = Buffer.from(octets);
    const deflater = make({ keepsContext: true });
    compress(deflater, octets, true);
    await compressLater(deflater, octets, true);
    expect(octets.equals(before)).to.equal(true);
  });

  it('gives the same at once and in the thread pool', async () => {
    for (const keepsContext of [false, true]) {
      const now = make({ keepsContext });
      const later = make({ keepsContext });
      for (const [octets, final] of [
        [prose(3000), true],
        [prose(40_000, 7), false],
        [noise(100), true],
        [prose(3000), true],
      ] as const) {
        const expected = compress(now, octets, final);
        expect((await compressLater(later, octets, final)).equals(expected)).to.equal(true);
      }
    }
  });

  for (const keepsContext of [false, true]) {
    it(`is understood by streams of zlib ${keepsContext ? 'with' : 'without'} context takeover, seed ${SEED}`, async function () {
      this.timeout(60_000);
      const piece = fc.record({
        length: fc.oneof(
          fc.integer({ min: 0, max: 40 }),
          fc.integer({ min: 0, max: 3000 }),
          fc.constantFrom(511, 512, 513, 32_767, 32_768, 32_769, 70_000),
        ),
        kind: fc.constantFrom(noise, prose, (length: number) => Buffer.alloc(length)),
        isLater: fc.boolean(),
      });
      const messages = fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 6,
      });
      const options = fc.record({
        windowBits: fc.integer({ min: 9, max: 15 }),
        level: fc.integer({ min: 0, max: 9 }),
        memLevel: fc.integer({ min: 1, max: 9 }),
      });
      await fc.assert(
        fc.asyncProperty(messages, options, async (all, { windowBits, level, memLevel }) => {
          const deflater = make({ windowBits, keepsContext }, { zlibDeflateOptions: { level, memLevel } });
          // With the window that was agreed on: who refers back further is found out.
          const peer = new PeerInflater({ windowBits, keepsContext });
          for (const pieces of all) {
            const octets = pieces.map(({ length, kind }) => kind(length));
            const payloads: Buffer[] = [];
            for (const [index, { isLater }] of pieces.entries()) {
              const final = index === pieces.length - 1;
              payloads.push(
                isLater && octets[index]!.length > 0
                  ? await compressLater(deflater, octets[index]!, final)
                  : compress(deflater, octets[index]!, final),
              );
            }
            const received = await peer.message(Buffer.concat(payloads));
            expect(received.equals(Buffer.concat(octets))).to.equal(true);
          }
          peer.end();
        }),
        { seed: SEED, numRuns: 120 },
      );
    });
  }

  describe('a whole message that does not get shorter', () => {
    for (const keepsContext of [false, true]) {
      it(`goes as it is, ${keepsContext ? 'and nothing refers to it' : 'without context takeover'}`, async () => {
        const deflater = make({ keepsContext, windowBits: 9 });
        // zlib keeps 262 octets of its window to itself.
        const octets = Buffer.concat([noise(500), noise(30)]);
        for (const way of ['deflateNow', 'deflateLater'] as const) {
          deflater.takes(true, octets.length);
          expect(await deflater[way](octets, true), way).to.equal(undefined);
        }
        deflater.takes(true, octets.length);
        expect((await deflater.deflateLater(octets, false))!.length).to.be.at.least(530);
        expect(compress(deflater, noise(30), true).length, 'to what came before in its message').to.be.below(
          20,
        );
      });
    }

    it('is compressed all the same where later ones may refer to it, as long as it fits their window', () => {
      const deflater = make({ keepsContext: true, windowBits: 10 });
      const phrase = noise(700);
      for (const expected of [700, 1]) {
        deflater.takes(true, phrase.length);
        expect(compress(deflater, phrase, true).length).to.be.at.least(expected);
      }
      expect(compress(deflater, phrase, true).length).to.be.below(30);
      deflater.takes(true, 1024);
      expect(deflater.deflateNow(noise(2048).subarray(1024), true)).to.not.equal(undefined);
      deflater.takes(true, 1025);
      expect(deflater.deflateNow(noise(4096).subarray(4096 - 1025), true)).to.equal(undefined);
    });

    it('may also be as long as before', () => {
      let found = 0;
      for (let zeros = 0; zeros < 40; zeros++) {
        const octets = Buffer.concat([noise(100), Buffer.alloc(zeros)]);
        const { length } = message(make(), octets);
        const deflater = make();
        deflater.takes(true, octets.length);
        const payload = deflater.deflateNow(octets, true);
        expect(payload === undefined, String(zeros)).to.equal(length / 2 >= octets.length);
        found += Number(length / 2 === octets.length);
      }
      expect(found).to.be.above(0);
    });

    it('may be one that was not begun as a whole', () => {
      const deflater = make();
      deflater.takes(true, 5);
      compress(deflater, Buffer.from('Hello'), false);
      deflater.takes(false, 1);
      expect(compress(deflater, Buffer.from('!'), true).length).to.be.above(0);
    });
  });
});
