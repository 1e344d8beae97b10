import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { applyMask, nextMaskingKey, unmaskInPlace } from '../../lib/protocol/mask.js';

const hex = (text: string) => Buffer.from(text, 'hex');

/** Gives octets that look random and are the same in every run. */
function octets(length: number): Buffer {
  const out = Buffer.alloc(length);
  let seed = 0x2545f491;
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    out[i] = seed >>> 24;
  }
  return out;
}

/** Masks by the letter of RFC 6455 §5.3: octet i is XORed with octet i MOD 4 of the key. */
function byTheLetter(payload: Uint8Array, key: number, offset = 0): Buffer {
  const keyOctets = Buffer.alloc(4);
  keyOctets.writeInt32BE(key);
  return Buffer.from(payload.map((octet, i) => octet ^ keyOctets[(i + offset) % 4]!));
}

const KEY = 0x91a2b3c4 | 0;
const LENGTHS = [
  0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 95, 96, 97, 98, 99, 100, 101, 127, 128, 191, 192, 255, 256, 767, 768,
  1000, 1003,
];
const OFFSETS = [0, 1, 2, 3, 4, 7, 2 ** 31 + 1, 2 ** 40 + 3];

describe('mask', () => {
  describe('applyMask (RFC 6455 §5.3)', () => {
    it('masks "Hello" as the example of RFC 6455 §5.7 does', () => {
      const target = Buffer.alloc(5);
      applyMask(Buffer.from('Hello'), 0, target, 0, 5, 0x37fa213d);
      expect(target.toString('hex')).to.equal('7f9f4d5158');
    });

    it('gives what the RFC defines for every length, alignment of source and of target', () => {
      for (const length of LENGTHS) {
        for (let from = 0; from < 4; from++) {
          for (let to = 0; to < 4; to++) {
            const payload = octets(length);
            const source = Buffer.concat([Buffer.alloc(from), payload, hex('eeee')]);
            const target = Buffer.alloc(to + length + 2, 0xdd);
            applyMask(source, from, target, to, length, KEY);
            const where = `length ${String(length)}, ${String(from)} -> ${String(to)}`;
            expect(target.subarray(to, to + length).equals(byTheLetter(payload, KEY)), where).to.equal(true);
            expect(source.subarray(from, from + length).equals(payload), `${where}: source`).to.equal(true);
            expect(target.subarray(0, to).toString('hex'), `${where}: before`).to.equal('dd'.repeat(to));
            expect(target.subarray(to + length).toString('hex'), `${where}: after`).to.equal('dddd');
          }
        }
      }
    });

    it('masks long payloads to every place within 64 octets, and nothing else', () => {
      const payload = octets(70_000);
      const view = Buffer.alloc(70_200).subarray(7);
      for (const length of [8191, 8192, 65_535, 65_600, 65_664, 70_000]) {
        const expected = byTheLetter(payload.subarray(0, length), KEY, 3);
        for (let to = 0; to < 64; to++) {
          view.fill(0xdd);
          const or = applyMask(payload, 0, view, to, length, KEY, 3);
          const where = `length ${String(length)} to ${String(to)}`;
          expect(view.subarray(to, to + length).equals(expected), where).to.equal(true);
          expect(
            view.subarray(0, to).every((octet) => octet === 0xdd),
            `${where}: before`,
          ).to.equal(true);
          expect(view[to + length], `${where}: after`).to.equal(0xdd);
          expect(or & 0x80, `${where}: no ASCII`).to.equal(0x80);
        }
      }
    });

    it('turns the key by the octets that came before', () => {
      for (const length of [5, 200]) {
        for (const offset of OFFSETS) {
          for (const to of [0, 1]) {
            const payload = octets(length);
            const target = Buffer.alloc(to + length);
            applyMask(payload, 0, target, to, length, KEY, offset);
            const expected = byTheLetter(payload, KEY, offset);
            expect(target.subarray(to).equals(expected), `${String(length)} at ${String(offset)}`).to.equal(
              true,
            );
          }
        }
      }
    });

    it('masks a buffer onto itself', () => {
      for (const length of LENGTHS) {
        const payload = octets(length);
        const expected = byTheLetter(payload, KEY);
        applyMask(payload, 0, payload, 0, length, KEY);
        expect(payload.equals(expected), `length ${String(length)}`).to.equal(true);
      }
    });

    it('masks from one place of a buffer to another', () => {
      for (const length of LENGTHS) {
        for (const distance of [0, 1, 4]) {
          const payload = octets(length);
          const to = length + distance;
          const buffer = Buffer.concat([payload, Buffer.alloc(distance + length)]);
          applyMask(buffer, 0, buffer, to, length, KEY);
          const where = `length ${String(length)}, ${String(distance)} apart`;
          expect(buffer.subarray(to).equals(byTheLetter(payload, KEY)), where).to.equal(true);
          expect(buffer.subarray(0, length).equals(payload), `${where}: source`).to.equal(true);
        }
      }
    });

    it('takes views at any place of a larger ArrayBuffer, shared ones too', () => {
      for (const memory of [new ArrayBuffer(512), new SharedArrayBuffer(512)]) {
        for (let at = 0; at < 5; at++) {
          const payload = octets(203);
          const source = new Uint8Array(memory, at, 203);
          source.set(payload);
          const target = new Uint8Array(memory, 250 + at, 203);
          applyMask(source, 0, target, 0, 203, KEY);
          expect(Buffer.from(target).equals(byTheLetter(payload, KEY)), `at ${String(at)}`).to.equal(true);
        }
      }
    });
  });

  describe('unmaskInPlace (RFC 6455 §5.3)', () => {
    it('gives what the RFC defines for every length, alignment and offset, and touches nothing else', () => {
      for (const length of LENGTHS) {
        for (let start = 0; start < 4; start++) {
          for (const offset of OFFSETS) {
            const payload = octets(length);
            const buffer = Buffer.concat([Buffer.alloc(start, 0xdd), payload, hex('dddd')]);
            unmaskInPlace(buffer, start, start + length, KEY, offset);
            const where = `length ${String(length)} at ${String(start)}, offset ${String(offset)}`;
            const expected = byTheLetter(payload, KEY, offset);
            expect(buffer.subarray(start, start + length).equals(expected), where).to.equal(true);
            expect(buffer.subarray(0, start).toString('hex'), `${where}: before`).to.equal(
              'dd'.repeat(start),
            );
            expect(buffer.subarray(start + length).toString('hex'), `${where}: after`).to.equal('dddd');
          }
        }
      }
    });

    it('tells by bit 7 whether one octet of the result is no ASCII, wherever it stands', () => {
      for (const length of [1, 2, 3, 4, 9, 100, 131]) {
        for (let at = -1; at < length; at++) {
          const text = Buffer.alloc(length, 'a');
          if (at >= 0) text[at] = 0x80;
          const masked = byTheLetter(text, KEY);
          const or = unmaskInPlace(masked, 0, length, KEY, 0);
          expect(or & 0x80, `length ${String(length)}, octet ${String(at)}`).to.equal(at < 0 ? 0 : 0x80);
          expect(or).to.be.within(0, 0xff);
        }
      }
    });

    it('finds one octet that is no ASCII in a long payload, wherever it stands', () => {
      const length = 66_000;
      const payload = Buffer.alloc(length + 64, 0x41);
      unmaskInPlace(payload, 0, length, KEY, 0);
      const target = Buffer.alloc(length + 64);
      for (const to of [0, 1, 48, 50]) {
        expect(applyMask(payload, 0, target, to, length, KEY) & 0x80).to.equal(0);
        for (const at of [0, 1, 46, 47, 48, 63, 64, 111, 65_535, 65_536, 65_600, length - 1]) {
          payload[at]! ^= 0x80;
          expect(applyMask(payload, 0, target, to, length, KEY) & 0x80, `at ${String(at)}`).to.equal(0x80);
          payload[at]! ^= 0x80;
        }
      }
    });

    it('gives the same octets however the payload is cut', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 400 }),
          fc.integer(),
          fc.array(fc.nat(400), { maxLength: 5 }),
          (payload, key, cuts) => {
            const buffer = Buffer.from(payload);
            let or = 0;
            let start = 0;
            for (const cut of [
              ...cuts.filter((at) => at <= buffer.length).sort((a, b) => a - b),
              buffer.length,
            ]) {
              or |= unmaskInPlace(buffer, start, cut, key, start);
              start = cut;
            }
            expect(buffer.equals(byTheLetter(payload, key))).to.equal(true);
            expect(or).to.equal(buffer.reduce((all, octet) => all | octet, 0));
          },
        ),
      );
    });
  });

  describe('nextMaskingKey', () => {
    afterEach(() => {
      sinon.restore();
      syncBuiltinESMExports();
    });

    it('draws int32 keys in which every bit is as often set as not', () => {
      const set = new Array<number>(32).fill(0);
      const draws = 20_000;
      for (let i = 0; i < draws; i++) {
        const key = nextMaskingKey();
        expect(key).to.equal(key | 0);
        for (let bit = 0; bit < 32; bit++) set[bit]! += (key >>> bit) & 1;
      }
      // ten standard deviations
      for (const count of set) expect(count).to.be.within(draws / 2 - 708, draws / 2 + 708);
    });

    it('takes every octet from the CSPRNG and hands none out twice', () => {
      sinon.stub(Math, 'random').throws(new Error('Math.random is no source of masking keys'));
      let next = 0;
      const fill = sinon.stub(crypto, 'randomFillSync').callsFake((pool) => {
        const words = pool as Int32Array;
        for (let i = 0; i < words.length; i++) words[i] = next++;
        return pool;
      });
      syncBuiltinESMExports();
      while (!fill.called) nextMaskingKey();
      const poolKeys = next;
      expect(fill.firstCall.args[0]).to.have.property('byteLength', 8192);
      for (let i = 1; i < 3 * poolKeys; i++) expect(nextMaskingKey()).to.equal(i);
      expect(fill.callCount).to.equal(3);
    });
  });
});
