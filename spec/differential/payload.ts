import fc from 'fast-check';

/** Describes a payload by what it is made of; the octets follow from the seed. */
export interface PayloadRecipe {
  readonly kind: 'ascii' | 'text' | 'noise' | 'wrong text' | 'marked text';
  readonly length: number;
  readonly seed: number;
}

/** Lists octets that are not UTF-8, at their first, a middle or their last octet. */
// prettier-ignore
const WRONG = [
  '80', 'bf', 'c080', 'c1bf', 'c2', 'c241', 'e0', 'e08080', 'e09fbf', 'e1', 'e180', 'e18041', 'eda080', 'edbfbf',
  'eda080edb080', 'f0', 'f08080', 'f08fbfbf', 'f18080', 'f1808041', 'f4908080', 'f5808080', 'f7bfbfbf', 'f888808080',
  'fe', 'ff',
].map((octets) => Buffer.from(octets, 'hex'));

const MARK = Buffer.from('efbbbf', 'hex');

/** Gives numbers that look random and follow from a seed: mulberry32. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Makes the octets of a payload. */
export function octetsOf({ kind, length, seed }: PayloadRecipe): Buffer {
  const random = randomNumbers(seed);
  switch (kind) {
    case 'noise':
      return Buffer.from(Array.from({ length }, () => random(256)));
    case 'ascii':
      return Buffer.from(Array.from({ length }, () => 0x20 + random(0x5f)));
    case 'text':
      return textOf(length, random);
    case 'marked text':
      return Buffer.concat([...(random(4) === 0 ? [MARK] : []), MARK, textOf(length, random)]);
    case 'wrong text': {
      const head = textOf(random(length + 1), random);
      const rest = random(3) === 0 ? Buffer.alloc(0) : textOf(length - head.length, random);
      return Buffer.concat([head, WRONG[random(WRONG.length)]!, rest]);
    }
  }
}

/** Makes text of so many octets, with characters of one to four. */
function textOf(length: number, random: (below: number) => number): Buffer {
  let text = '';
  for (let left = length; left > 0;) {
    const size = 1 + random(Math.min(4, left));
    text += String.fromCodePoint(codePointOf(size, random));
    left -= size;
  }
  return Buffer.from(text);
}

function codePointOf(size: number, random: (below: number) => number): number {
  switch (size) {
    case 1:
      return random(0x80);
    case 2:
      return 0x80 + random(0x780);
    case 3: {
      const point = 0x800 + random(0xf800 - 0x800);
      // Surrogates are no characters.
      return point < 0xd800 ? point : point + 0x800;
    }
    default:
      return 0x10000 + random(0x100000);
  }
}

/** Chooses as fast-check does, and makes a failing choice smaller by trying the first. */
export function oneOf<T extends fc.MaybeWeightedArbitrary<unknown>[]>(...choices: T) {
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

/** Makes lengths: small ones mostly, those where the encoding changes, and seldom very large ones. */
const length = oneOf(
  { weight: 400, arbitrary: fc.nat(12) },
  { weight: 80, arbitrary: fc.integer({ min: 60, max: 300 }) },
  { weight: 50, arbitrary: fc.integer({ min: 124, max: 128 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1_000, max: 5_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_533, max: 65_538 }) },
);

/** Makes recipes of payloads, mostly of the kind that fits. */
export function payloads(...fitting: readonly PayloadRecipe['kind'][]): fc.Arbitrary<PayloadRecipe> {
  return fc.record({
    kind: oneOf(
      { weight: 12, arbitrary: fc.constantFrom(...fitting) },
      { weight: 1, arbitrary: fc.constantFrom('noise' as const, 'wrong text' as const) },
    ),
    length,
    seed: fc.nat(),
  });
}

/** Makes recipes of payloads that fit into a control frame. */
export function controlPayloads(room: number): fc.Arbitrary<PayloadRecipe> {
  return fc.record({
    kind: fc.constantFrom('ascii', 'text', 'noise', 'wrong text'),
    length: oneOf({ weight: 5, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(room - 5) }),
    seed: fc.nat(),
  });
}
