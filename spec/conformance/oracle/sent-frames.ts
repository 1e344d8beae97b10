/** Is a frame as it was on the wire, read without the library, bit by bit (RFC 6455 §5.2). */
export interface SentFrame {
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  readonly opcode: number;
  /** Masking key; undefined when the frame is not masked. */
  readonly key: Buffer | undefined;
  /** Width of the length field in bits. */
  readonly lengthBits: 7 | 16 | 64;
  /** Unmasked. */
  readonly payload: Buffer;
}

/** Reads frames; throws when there is half a one. */
export function readFrames(wire: Buffer): SentFrame[] {
  const frames: SentFrame[] = [];
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > wire.length) throw new RangeError(`half a frame at the end of ${wire.length} octets`);
    at += count;
    return wire.subarray(at - count, at);
  };
  while (at < wire.length) {
    const bits = [...take(2)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
    const [fin, rsv, opcode, mask, short] = [
      [0, 1],
      [1, 4],
      [4, 8],
      [8, 9],
      [9, 16],
    ].map(([from, to]) => Number.parseInt(bits.slice(from, to), 2)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const lengthBits = short < 126 ? 7 : short === 126 ? 16 : 64;
    const length = lengthBits === 7 ? short : Number(`0x${take(lengthBits / 8).toString('hex')}`);
    const key = mask === 1 ? take(4) : undefined;
    const masked = take(length);
    const payload = Buffer.from(masked);
    if (key !== undefined) for (let i = 0; i < length; i++) payload[i] = masked[i]! ^ key[i % 4]!;
    frames.push({ fin: fin === 1, rsv, opcode, key, lengthBits, payload });
  }
  return frames;
}
