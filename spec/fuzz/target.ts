/** Is something that takes octets from a stranger, and how to tell whether it copes. */
export interface Target {
  readonly name: string;
  /** What it is about, for people. */
  readonly title: string;
  /** Inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /** Pieces that are worth putting in. */
  readonly words: readonly Buffer[];
  /** Longest input in octets. */
  readonly maxLength: number;
  /**
   * Does with the input what its stranger has it done.
   * @returns what came of it, in a few words that tell apart what is essentially different.
   * @throws when that is wrong.
   */
  run(input: Buffer): string | Promise<string>;
}

/** Makes octets of words. */
export function words(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

/** Makes octets of hex. */
export function hexes(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text.replaceAll(' ', ''), 'hex'));
}
