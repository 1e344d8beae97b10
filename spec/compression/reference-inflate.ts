/*
 * DEFLATE by the letter of RFC 1951, one bit at a time, slow and plain: to judge what is valid, and what it means,
 * without zlib.
 */

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31];
LENGTH_BASE.push(35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258);
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769];
DISTANCE_BASE.push(1025, 1537, 2049, 3073, 4097, 6145, 8193, 12_289, 16_385, 24_577);
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Is thrown for what is no DEFLATE, and for one that is not complete. */
export class NotDeflate extends Error {}

/** Is a Huffman code: how many codes there are of each length, and what they stand for, in order. */
interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

/** Makes a code of its lengths (RFC 1951 §3.2.2). Incomplete ones are refused, as zlib does, but for a single code. */
function makeCode(lengths: readonly number[], mayBeSingle: boolean): Code {
  const counts = Array.from({ length: 16 }, (_, length) => lengths.filter((of) => of === length).length);
  let left = 1;
  for (let length = 1; length < 16; length++) {
    left = left * 2 - counts[length]!;
    if (left < 0) throw new NotDeflate('a code with too many symbols');
  }
  const used = lengths.length - counts[0]!;
  if (left > 0 && !(mayBeSingle && (used === 0 || (used === 1 && counts[1] === 1))))
    throw new NotDeflate('a code with too few symbols');
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter(({ length }) => length > 0)
    .sort((one, other) => one.length - other.length || one.symbol - other.symbol)
    .map(({ symbol }) => symbol);
  return { counts, symbols };
}

const FIXED_LENGTHS = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED = {
  literals: makeCode(FIXED_LENGTHS, false),
  distances: makeCode(new Array<number>(32).fill(5), false),
};

class Bits {
  /** Bits read so far. */
  at = 0;
  readonly #octets: Buffer;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length * 8 - this.at;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.bit() << i;
    return value;
  }

  bit(): number {
    if (this.left === 0) throw new NotDeflate('ends within a block');
    const bit = (this.#octets[this.at >> 3]! >> (this.at & 7)) & 1;
    this.at += 1;
    return bit;
  }

  alignToOctet(): void {
    this.at = (this.at + 7) & ~7;
  }

  symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.bit();
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) * 2;
      code *= 2;
    }
    throw new NotDeflate('no such code');
  }
}

/**
 * Inflates a message as RFC 7692 §7.2.2 describes: `0000ffff` is appended, and a final block does not end it.
 * @param history - what it may refer back to.
 * @throws NotDeflate for one that breaks the rules of RFC 1951, or does not end between two blocks.
 */
export function inflateByTheLetter(payload: Buffer, history: Buffer = Buffer.alloc(0)): Buffer {
  if (payload.length === 0) return payload;
  const bits = new Bits(Buffer.concat([payload, Buffer.from('0000ffff', 'hex')]));
  const output = [...history];
  while (bits.left > 0) {
    const isFinal = bits.bit() === 1;
    readBlock(bits, output);
    if (!isFinal) continue;
    // The rest of the octet is padding; what comes next begins anew.
    bits.alignToOctet();
    // A message may end with the final block itself: what was appended is then left over.
    if (bits.left === 32) break;
  }
  return Buffer.from(output.slice(history.length));
}

function readBlock(bits: Bits, output: number[]): void {
  switch (bits.read(2)) {
    case 0:
      readStored(bits, output);
      return;
    case 1:
      readCoded(bits, output, FIXED.literals, FIXED.distances);
      return;
    case 2:
      readDynamic(bits, output);
      return;
    default:
      throw new NotDeflate('a block of reserved type');
  }
}

function readStored(bits: Bits, output: number[]): void {
  bits.alignToOctet();
  const length = bits.read(16);
  if (bits.read(16) !== (length ^ 0xffff)) throw new NotDeflate('a stored block whose lengths differ');
  for (let i = 0; i < length; i++) output.push(bits.read(8));
}

function readDynamic(bits: Bits, output: number[]): void {
  const literals = bits.read(5) + 257;
  const distances = bits.read(5) + 1;
  const codeLengths = bits.read(4) + 4;
  if (literals > 286 || distances > 30) throw new NotDeflate('too many symbols');
  const lengthsOfLengths = new Array<number>(19).fill(0);
  for (const symbol of CODE_LENGTH_ORDER.slice(0, codeLengths)) lengthsOfLengths[symbol] = bits.read(3);
  const lengthCode = makeCode(lengthsOfLengths, false);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(lengthCode);
    if (symbol < 16) lengths.push(symbol);
    else {
      if (symbol === 16 && lengths.length === 0) throw new NotDeflate('repeats nothing');
      const [value, times] =
        symbol === 16
          ? [lengths.at(-1)!, 3 + bits.read(2)]
          : [0, symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7)];
      for (let i = 0; i < times; i++) lengths.push(value);
    }
  }
  if (lengths.length > literals + distances) throw new NotDeflate('too many lengths');
  if (lengths[256] === 0) throw new NotDeflate('no code ends the block');
  readCoded(
    bits,
    output,
    makeCode(lengths.slice(0, literals), true),
    makeCode(lengths.slice(literals), true),
  );
}

function readCoded(bits: Bits, output: number[], literals: Code, distances: Code): void {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      output.push(symbol);
      continue;
    }
    const of = symbol - 257;
    if (of >= LENGTH_BASE.length) throw new NotDeflate('no such length');
    const length = LENGTH_BASE[of]! + bits.read(LENGTH_EXTRA[of]!);
    const slot = bits.symbol(distances);
    if (slot >= DISTANCE_BASE.length) throw new NotDeflate('no such distance');
    const distance = DISTANCE_BASE[slot]! + bits.read(slot < 4 ? 0 : (slot >> 1) - 1);
    if (distance > output.length) throw new NotDeflate('refers to what is not there');
    for (let i = 0; i < length; i++) output.push(output[output.length - distance]!);
  }
}
