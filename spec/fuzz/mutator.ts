import type { Chance } from '../chance.js';
import type { Target } from './target.js';

/** Numbers around which things change, in 1, 2, 4 and 8 octets. */
const CORNERS = [0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 125, 126, 127, 128, 254, 255];
const WIDE_CORNERS = [0n, 1n, 126n, 127n, 128n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n];

type Change = (input: Buffer, at: number) => Buffer;

/** Makes new inputs from those that there are. */
export class Mutator {
  readonly #chance: Chance;
  readonly #target: Target;
  readonly #changes: readonly Change[];

  constructor(chance: Chance, target: Target) {
    this.#chance = chance;
    this.#target = target;
    const changes: Change[] = [
      (input, at) => put(input, at, Buffer.of((input[at] ?? 0) ^ (1 << chance.between(0, 7)))),
      (input, at) => put(input, at, Buffer.of(chance.pick(CORNERS))),
      (input, at) => put(input, at, Buffer.of((input[at] ?? 0) + chance.between(-16, 16))),
      (input, at) => put(input, at, chance.octets(chance.between(1, 4))),
      (input, at) => put(input, at, this.#wideNumber()),
      (input, at) => insert(input, at, chance.octets(chance.between(1, 8))),
      (input, at) => insert(input, at, Buffer.alloc(chance.magnitude(1, 64), chance.pick(CORNERS))),
      (input, at) => insert(input, at, input.subarray(at, at + chance.magnitude(1, 64))),
      (input, at) => cut(input, at, chance.magnitude(1, 64)),
      (input, at) => cut(input, at, 1),
      (input, at) => {
        const to = chance.between(0, input.length);
        const length = chance.magnitude(1, 32);
        return insert(cut(input, at, length), to, input.subarray(at, at + length));
      },
    ];
    if (target.words.length > 0)
      changes.push(
        (input, at) => insert(input, at, chance.pick(target.words)),
        (input, at) => put(input, at, chance.pick(target.words)),
      );
    this.#changes = changes;
  }

  /** Makes an input from one that there is, and sometimes another. */
  mutate(parents: readonly Buffer[]): Buffer {
    const chance = this.#chance;
    let input = chance.pick(parents);
    if (chance.oneIn(8)) {
      const other = chance.pick(parents);
      input = Buffer.concat([
        input.subarray(0, chance.between(0, input.length)),
        other.subarray(chance.between(0, other.length)),
      ]);
    }
    for (let times = chance.magnitude(1, 8); times > 0; times--)
      input = chance.pick(this.#changes)(input, chance.between(0, input.length));
    return Buffer.from(input.subarray(0, this.#target.maxLength));
  }

  #wideNumber(): Buffer {
    const octets = Buffer.alloc(8);
    octets.writeBigUInt64BE(this.#chance.pick(WIDE_CORNERS));
    return octets.subarray(this.#chance.pick([0, 4, 6]));
  }
}

function put(input: Buffer, at: number, octets: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), octets, input.subarray(at + octets.length)]);
}

function insert(input: Buffer, at: number, octets: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), octets, input.subarray(at)]);
}

function cut(input: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([input.subarray(0, at), input.subarray(at + length)]);
}
