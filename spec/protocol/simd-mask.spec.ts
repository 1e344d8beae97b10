import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as withSimd from '../../lib/protocol/mask.js';
import { SIMD_STEP, loadSimdMask } from '../../lib/protocol/simd-mask.js';

const KEY = 0x91a2b3c4 | 0;

interface Exports {
  readonly memory: object;
  readonly mask: (length: number, key: number) => number;
}

const realm = globalThis as {
  WebAssembly?: {
    readonly Module: new (octets: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: Exports };
  };
};
const native = realm.WebAssembly!;

/** Gives octets of which few repeat, none of them above `top`. */
function octets(length: number, top = 0xff): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & top));
}

/** Masks by the letter of RFC 6455 §5.3. */
function byTheLetter(payload: Uint8Array, key: number, offset = 0): Buffer {
  return Buffer.from(payload.map((octet, i) => octet ^ ((key >>> (24 - 8 * ((i + offset) & 3))) & 0xff)));
}

let copies = 0;

/** Loads the module that masks anew: each copy looks for WebAssembly by itself, when it first needs it. */
async function loadCopy(): Promise<typeof withSimd> {
  copies += 1;
  const path = `../../lib/protocol/mask.js?copy=${String(copies)}`;
  return (await import(path)) as typeof withSimd;
}

/** Gives a copy that has looked for WebAssembly in vain. */
async function withoutSimd(): Promise<typeof withSimd> {
  delete realm.WebAssembly;
  const copy = await loadCopy();
  copy.applyMask(octets(5_000), 0, octets(5_000), 0, 5_000, KEY);
  return copy;
}

/** Puts in place of WebAssembly one that counts, or that cannot compile. */
function watchWebAssembly(canCompile: boolean): { compiled: number; masked: number } {
  const counts = { compiled: 0, masked: 0 };
  realm.WebAssembly = {
    Module: class {
      constructor(source: Uint8Array) {
        counts.compiled += 1;
        if (!canCompile) throw new Error('no SIMD here');
        return new native.Module(source);
      }
    },
    Instance: class {
      readonly exports: Exports;
      constructor(module: object) {
        const { memory, mask } = new native.Instance(module).exports;
        const counted: Exports['mask'] = (length, key) => {
          counts.masked += 1;
          return mask(length, key);
        };
        this.exports = { memory, mask: counted };
      }
    },
  };
  return counts;
}

describe('simd-mask', () => {
  afterEach(() => {
    realm.WebAssembly = native;
  });

  it('masks a multiple of its step, and no octet more', () => {
    const { memory, mask } = loadSimdMask()!;
    for (const length of [0, SIMD_STEP, 3 * SIMD_STEP, memory.length]) {
      const payload = octets(memory.length, 0x7f);
      memory.set(payload);
      // c4 is the lowest place, so the first octet of the key.
      mask(length, 0x44332211);
      const expected = byTheLetter(payload.subarray(0, length), 0x11223344);
      expect(Buffer.from(memory.subarray(0, length)).equals(expected), String(length)).to.equal(true);
      expect(Buffer.from(memory.subarray(length)).equals(payload.subarray(length))).to.equal(true);
    }
  });

  it('tells whether all is ASCII, wherever the octet is that is not', () => {
    const { memory, mask } = loadSimdMask()!;
    for (let at = 0; at < 2 * SIMD_STEP; at++) {
      memory.fill(0x41, 0, 3 * SIMD_STEP);
      expect(mask(2 * SIMD_STEP, 0x01020304)).to.equal(0);
      memory.fill(0x41, 0, 3 * SIMD_STEP);
      memory[at] = 0xc1;
      expect(mask(2 * SIMD_STEP, 0x01020304), String(at)).to.not.equal(0);
    }
    memory.fill(0xff, SIMD_STEP, 2 * SIMD_STEP);
    memory.fill(0x41, 0, SIMD_STEP);
    expect(mask(SIMD_STEP, 0), 'behind the octets that count').to.equal(0);
  });

  it('is not there where there is no WebAssembly', () => {
    delete realm.WebAssembly;
    expect(loadSimdMask()).to.equal(undefined);
  });

  it('is compiled once, when the first long payload comes, and masks long ones alone', async () => {
    const counts = watchWebAssembly(true);
    const { applyMask } = await loadCopy();
    const steps: readonly [number, object][] = [
      [100, { compiled: 0, masked: 0 }],
      [500, { compiled: 0, masked: 0 }],
      [5_000, { compiled: 1, masked: 1 }],
      [200, { compiled: 1, masked: 1 }],
      [6_000, { compiled: 1, masked: 2 }],
    ];
    for (const [length, expected] of steps) {
      const payload = octets(length);
      applyMask(payload, 0, payload, 0, length, KEY);
      expect(payload.equals(byTheLetter(octets(length), KEY)), String(length)).to.equal(true);
      expect(counts, String(length)).to.deep.equal(expected);
    }
  });

  it('is not tried again where it cannot be compiled', async () => {
    const counts = watchWebAssembly(false);
    const { unmaskInPlace } = await loadCopy();
    for (let round = 0; round < 3; round++) {
      const payload = octets(5_000);
      unmaskInPlace(payload, 0, 5_000, KEY, 0);
      expect(payload.equals(byTheLetter(octets(5_000), KEY))).to.equal(true);
    }
    expect(counts).to.deep.equal({ compiled: 1, masked: 0 });
  });

  it('is what its source says', () => {
    const script = fileURLToPath(new URL('../../.ci/wasm.js', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
  }).timeout(60_000);

  for (const [name, load] of [
    ['with it', () => Promise.resolve(withSimd)],
    ['without it', withoutSimd],
  ] as const) {
    it(`long payloads are masked by the letter ${name}, whatever their place`, async () => {
      const { applyMask, unmaskInPlace } = await load();
      for (const length of [767, 768, 769, 831, 832, 5_000, 65_536 + 63, 65_600, 131_072, 140_001]) {
        for (const [from, to] of [
          [0, 0],
          [1, 3],
          [14, 2],
        ] as const) {
          const payload = octets(length);
          const source = Buffer.concat([Buffer.alloc(from), payload, Buffer.from('ee')]);
          const target = Buffer.alloc(to + length + 1, 0xdd);
          const or = applyMask(source, from, target, to, length, KEY, 3);
          const expected = byTheLetter(payload, KEY, 3);
          const where = `${length} octets, ${from} -> ${to}`;
          expect(target.subarray(to, to + length).equals(expected), where).to.equal(true);
          expect([target[to - 1], target[to + length]], where).to.deep.equal([
            to > 0 ? 0xdd : undefined,
            0xdd,
          ]);
          expect(source.subarray(from, from + length).equals(payload), where).to.equal(true);
          expect(or & 0x80, where).to.equal(0x80);
          expect(unmaskInPlace(target, to, to + length, KEY, 3) & 0x80, where).to.equal(0x80);
          expect(target.subarray(to, to + length).equals(payload), where).to.equal(true);
        }
      }
    });

    it(`ASCII is known for ASCII ${name}, up to its last octet`, async () => {
      const { unmaskInPlace } = await load();
      for (const length of [768, 800, 65_600]) {
        for (const at of [-1, 0, 63, 64, 700, length - 1]) {
          const payload = octets(length, 0x7f);
          if (at >= 0) payload[at] = 0x80;
          const masked = byTheLetter(payload, KEY);
          expect(unmaskInPlace(masked, 0, length, KEY, 0) & 0x80, `${length}, ${at}`).to.equal(
            at < 0 ? 0 : 0x80,
          );
        }
      }
    });
  }
});
