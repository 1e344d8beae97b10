/** Octets of the shortest chunk that is worth a view. */
const MANY_OCTETS = 256;
/** So many frames of one length in a chunk make up for the view. */
const MANY_FRAMES = 4;

/** A key as this machine has it in a word, and as octets in network order. */
const keyWord = new Int32Array(1);
const keyOctets = new DataView(keyWord.buffer);

/** Tells whether there is room for so many frames of a length in so many octets that a {@link ChunkMask} pays. */
export function holdsMany(octets: number, length: number): boolean {
  return octets >= MANY_OCTETS && octets >= length * MANY_FRAMES;
}

/** Unmasks the small frames of one chunk where they lie, a word at a time: one view serves them all. */
export class ChunkMask {
  readonly #octets: Buffer;
  readonly #words: Int32Array;
  /** Index of the first octet of the first word. */
  readonly #from: number;

  constructor(chunk: Buffer) {
    const at = chunk.byteOffset;
    this.#octets = chunk;
    this.#from = -at & 3;
    this.#words = new Int32Array(chunk.buffer, at + this.#from, (chunk.length - this.#from) >> 2);
  }

  /**
   * Unmasks a payload (RFC 6455 §5.3).
   *
   * @param start - index of its first octet in the chunk; a header comes before
   * @param end - index after the last one
   * @param key - masking key, int32 in network order
   * @returns all resulting octets ORed together, as far as bit 7 (0x80) goes
   */
  unmask(start: number, end: number, key: number): number {
    // hot path: benchmarks/micro/chunk-mask
    const octets = this.#octets;
    const words = this.#words;
    const from = this.#from;
    const first = (start - from + 3) >> 2;
    const stop = (end - from) >> 2;
    const body = Math.min(from + (first << 2), end);
    let turned = key;
    let or = 0;
    for (let i = start; i < body; i++) {
      or |= octets[i]! ^= turned >>> 24;
      turned = (turned << 8) | (turned >>> 24);
    }
    keyOctets.setInt32(0, turned);
    const word = keyWord[0]!;
    let wordsOr = 0;
    for (let i = first; i < stop; i++) wordsOr |= words[i]! ^= word;
    for (let i = Math.max(body, from + (stop << 2)); i < end; i++) {
      or |= octets[i]! ^= turned >>> 24;
      turned = (turned << 8) | (turned >>> 24);
    }
    return (wordsOr & 0x80808080) === 0 ? or : or | 0x80;
  }
}
