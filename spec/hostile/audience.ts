import { Companion } from './companion.js';

/** Tells what came to those who read. */
export interface Heard {
  readonly readers: number;
  readonly stalled: number;
  /** Octets that came to whom the fewest, and the most, came. */
  readonly least: number;
  readonly most: number;
  /** How many saw a Close with which code, or `none`. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Are many clients in a process of their own, which read; each so-and-so-manieth does not. */
export class Audience extends Companion {
  private constructor(port: number, count: number, stallsEach: number) {
    super('attack/audience', { port, count, stallsEach });
  }

  static async open(port: number, count: number, stallsEach = 10): Promise<Audience> {
    const audience = new Audience(port, count, stallsEach);
    await audience.ask('open');
    return audience;
  }

  heard(): Promise<Heard> {
    return this.ask<Heard>('heard');
  }

  /** Asks until so many octets have come to each reader, or the time is over. */
  async heardAll(octets: number, timeoutMs = 10_000): Promise<Heard> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const heard = await this.heard();
      if (heard.least >= octets || performance.now() > end) return heard;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
