import fc from 'fast-check';
import { wireFrame, type WireFrame } from '../protocol/wire.js';
import type { ReceiverOptions } from './outcome.js';
import { controlPayloads, octetsOf, oneOf, payloads, randomNumbers, type PayloadRecipe } from './payload.js';

/*
 * Streams that are valid by construction, and then, half of them, damaged: in a frame before it is put on the wire, or
 * in the octets. A stream is made from its recipe alone, so that a failing one can be made smaller.
 */

type Control = { readonly opcode: 9 | 10; readonly payload: PayloadRecipe };

/** Describes a message and the control frames between its fragments, or a control frame, or a Close. */
type Item =
  | {
      readonly is: 'message';
      readonly opcode: 1 | 2;
      readonly payload: PayloadRecipe;
      readonly fragments: number;
      readonly between: readonly Control[];
    }
  | ({ readonly is: 'control' } & Control)
  | { readonly is: 'close'; readonly code: number | undefined; readonly reason: PayloadRecipe };

/** Describes what is done to one frame, or to the octets of the stream. */
interface Damage {
  readonly kind: (typeof DAMAGES)[number];
  /** Picks the frame or the octet. */
  readonly at: number;
  readonly value: number;
}

// prettier-ignore
const DAMAGES = [
  'opcode', 'fin', 'rsv', 'mask', 'long length', 'wrong length', 'drop frame', 'double frame', 'swap frames',
  'wrong text', 'close code', 'close of one octet', 'flip bit', 'truncate', 'insert octet', 'remove octet', 'append',
] as const;

/** Lists lengths that do not fit the payload. */
// prettier-ignore
const WRONG_LENGTHS = [
  0n, 1n, 125n, 126n, 127n, 65_535n, 65_536n, 1n << 20n, (1n << 24n) + 1n, (1n << 31n) - 1n, 1n << 31n, 1n << 32n,
  (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n,
];

/** Lists lengths at the edges of what is too short for 64 bits. */
const LONG_LENGTHS = [125n, 126n, 65_535n];

// prettier-ignore
const CLOSE_CODES = [
  0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016,
  1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 32_768, 65_535,
];

const MiB = 1024 * 1024;

const control: fc.Arbitrary<Control> = fc.record({
  opcode: fc.constantFrom(9, 10),
  payload: controlPayloads(125),
});

const item: fc.Arbitrary<Item> = oneOf(
  {
    weight: 8,
    arbitrary: fc.constantFrom<(1 | 2)[]>(1, 2).chain((opcode) =>
      fc.record({
        is: fc.constant('message' as const),
        opcode: fc.constant(opcode),
        payload: opcode === 1 ? payloads('ascii', 'text', 'text', 'marked text') : payloads('noise'),
        fragments: oneOf({ weight: 2, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(6) }),
        between: oneOf(
          { weight: 3, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.array(control, { maxLength: 3 }) },
        ),
      }),
    ),
  },
  { weight: 2, arbitrary: control.map((frame) => ({ is: 'control' as const, ...frame })) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('close' as const),
      code: fc.option(fc.constantFrom(1000, 1001, 3000, ...CLOSE_CODES), { nil: undefined, freq: 6 }),
      reason: oneOf(
        controlPayloads(123),
        payloads('marked text').map((mark) => ({ ...mark, length: 5 })),
      ),
    }),
  },
);

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom(...DAMAGES),
  at: fc.nat(),
  value: fc.nat(),
});

/** Says how a stream is cut into chunks. */
type Cutting =
  | { readonly every: number }
  | { readonly at: readonly number[] }
  /** Behind each frame, so many octets further. */
  | { readonly frames: number };

const cutting: fc.Arbitrary<Cutting> = oneOf(
  { weight: 2, arbitrary: fc.constant({ at: [] }) },
  { weight: 3, arbitrary: fc.array(fc.nat(), { maxLength: 6 }).map((at) => ({ at })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 9 }).map((every) => ({ every })) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }).map((frames) => ({ frames })) },
);

/** Makes recipes of streams. */
export const recipes = fc.record({
  role: fc.constantFrom('server' as const, 'client' as const),
  maxMessageBytes: oneOf(
    { weight: 6, arbitrary: fc.constant(16 * MiB) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 300 }) },
    { weight: 1, arbitrary: fc.constant(Infinity) },
  ),
  maxEmptyFragments: oneOf({ weight: 5, arbitrary: fc.constant(1024) }, { weight: 1, arbitrary: fc.nat(2) }),
  fragments: oneOf({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  items: fc.array(item, { maxLength: 6 }),
  damages: oneOf(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(damage, { minLength: 1, maxLength: 3 }) },
  ),
  cutting,
  keySeed: fc.nat(),
});

/** Describes a stream. */
export type Recipe = typeof recipes extends fc.Arbitrary<infer T> ? T : never;

/** Is a stream, made. */
export interface RandomStream {
  readonly options: ReceiverOptions;
  readonly octets: Buffer;
  /** Places to cut at, rising. */
  readonly cuts: readonly number[];
}

/** Makes the stream of a recipe. */
export function streamOf(recipe: Recipe): RandomStream {
  const random = randomNumbers(recipe.keySeed);
  let frames = recipe.items.flatMap((one) => framesOf(one, random));
  if (recipe.role === 'server') {
    // One key in eight is zero: that leaves the octets as they are.
    frames = frames.map((frame) => ({ ...frame, key: random(8) === 0 ? 0 : random(2 ** 32) }));
  }
  for (const one of recipe.damages) frames = damageFrames(frames, one);
  const wires = frames.map(wireFrame);
  let octets: Buffer = Buffer.concat(wires);
  for (const one of recipe.damages) octets = damageOctets(octets, one);
  const { role, maxMessageBytes, maxEmptyFragments, fragments } = recipe;
  const options = { role, maxMessageBytes, maxEmptyFragments, fragments };
  return { options, octets, cuts: cutsOf(octets.length, wires, recipe.cutting) };
}

function framesOf(one: Item, random: (below: number) => number): WireFrame[] {
  if (one.is === 'control') return [{ opcode: one.opcode, payload: octetsOf(one.payload) }];
  if (one.is === 'close') {
    if (one.code === undefined) return [{ opcode: 8 }];
    const code = Buffer.from([one.code >> 8, one.code & 0xff]);
    return [{ opcode: 8, payload: Buffer.concat([code, octetsOf(one.reason)]) }];
  }
  const payload = octetsOf(one.payload);
  const cuts = Array.from({ length: Math.max(0, one.fragments - 1) }, () => random(payload.length + 1));
  const ends = [...cuts.sort((a, b) => a - b), payload.length];
  const between = one.between.map((frame) => ({ opcode: frame.opcode, payload: octetsOf(frame.payload) }));
  return ends.flatMap((end, i) => {
    const fin = i === ends.length - 1;
    const data = { opcode: i === 0 ? one.opcode : 0, fin, payload: payload.subarray(ends[i - 1] ?? 0, end) };
    // What is left over goes in front of the last fragment, which in a message of one frame means before it.
    const controls = fin ? between.splice(0) : between.splice(0, random(2));
    return i === 0 && !fin ? [data] : [...controls, data];
  });
}

function damageFrames(frames: readonly WireFrame[], { kind, at, value }: Damage): WireFrame[] {
  const index = frames.length === 0 ? 0 : at % frames.length;
  const frame = frames[index];
  if (frame === undefined) return [];
  const replace = (...by: WireFrame[]) => frames.toSpliced(index, 1, ...by);
  const payload = Buffer.from(frame.payload ?? '');
  switch (kind) {
    case 'opcode':
      return replace({ ...frame, opcode: value % 16 });
    case 'fin':
      return replace({ ...frame, fin: frame.fin === false });
    case 'rsv':
      return replace({ ...frame, rsv: value % 8 });
    case 'mask':
      return replace({ ...frame, key: frame.key === undefined ? value : undefined });
    case 'long length': {
      if (payload.length < 126 && value % 2 === 0) return replace({ ...frame, lengthBits: 16 });
      // Half of them announce what just does not need so many bits, which few payloads are long enough for.
      return replace({
        ...frame,
        lengthBits: 64,
        ...(value % 4 === 1 && { length: LONG_LENGTHS[value % 3]! }),
      });
    }
    case 'wrong length':
      return replace({ ...frame, length: WRONG_LENGTHS[value % WRONG_LENGTHS.length]! });
    case 'drop frame':
      return replace();
    case 'double frame':
      return replace(frame, frame);
    case 'swap frames':
      return index + 1 < frames.length
        ? frames.toSpliced(index, 2, frames[index + 1]!, frame)
        : replace(frame);
    case 'wrong text': {
      const wrong = octetsOf({ kind: 'wrong text', length: 0, seed: value });
      return replace({ ...frame, payload: Buffer.concat([payload, wrong]) });
    }
    case 'close code': {
      const code = CLOSE_CODES[value % CLOSE_CODES.length]!;
      return replace({ ...frame, opcode: 8, payload: Buffer.from([code >> 8, code & 0xff]) });
    }
    case 'close of one octet':
      return replace({ ...frame, opcode: 8, payload: Buffer.from([value & 0xff]) });
    default:
      return [...frames];
  }
}

function damageOctets(octets: Buffer, { kind, at, value }: Damage): Buffer {
  const place = octets.length === 0 ? 0 : at % octets.length;
  const splice = (removed: number, ...added: number[]) =>
    Buffer.concat([octets.subarray(0, place), Buffer.from(added), octets.subarray(place + removed)]);
  switch (kind) {
    case 'flip bit':
      return octets.length === 0 ? octets : splice(1, octets[place]! ^ (1 << (value % 8)));
    case 'truncate':
      return octets.subarray(0, place);
    case 'insert octet':
      return splice(0, value & 0xff);
    case 'remove octet':
      return splice(1);
    case 'append':
      return Buffer.concat([octets, octetsOf({ kind: 'noise', length: 1 + (value % 20), seed: at })]);
    default:
      return octets;
  }
}

/** Finds where a cutting cuts; longer streams not into more than some thousand chunks. */
function cutsOf(length: number, wires: readonly Buffer[], how: Cutting): number[] {
  let places: number[];
  if ('every' in how) {
    const step = Math.max(how.every, Math.ceil(length / 3_000));
    places = Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  } else if ('frames' in how) {
    let end = 0;
    places = wires.map((wire) => (end += wire.length) + how.frames);
  } else {
    places = how.at.map((place) => place % Math.max(1, length));
  }
  return [...new Set(places)].filter((place) => place > 0 && place < length).sort((a, b) => a - b);
}
