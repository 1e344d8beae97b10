import { randomNumbers } from './differential/payload.js';

/** Makes choices that look random and follow from a seed alone. */
export class Chance {
  readonly #below: (limit: number) => number;

  /** @param seed - an integer; only its lower 32 bits count. */
  constructor(seed: number) {
    this.#below = randomNumbers(seed);
  }

  /** Gives 32 random bits, as an unsigned integer. */
  bits(): number {
    return this.#below(2 ** 32);
  }

  /** Gives an integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + (this.bits() % (max - min + 1));
  }

  /** Gives an integer from `min` to `max` whose order of magnitude is as likely as any other. */
  magnitude(min: number, max: number): number {
    const exponent = Math.log(max / min) * (this.bits() / 2 ** 32);
    return Math.min(max, Math.floor(min * Math.exp(exponent)));
  }

  /** Tells yes once in so many times. */
  oneIn(times: number): boolean {
    return this.bits() % times === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.bits() % items.length]!;
  }

  octets(length: number): Buffer {
    const octets = Buffer.alloc(length);
    for (let at = 0; at < length; at++) octets[at] = this.bits();
    return octets;
  }

  /** Gives another chance that follows from this one's next number. */
  branch(): Chance {
    return new Chance(this.bits());
  }
}
