/*
 * Makes frames by the letter of RFC 6455 §5.2, on purpose without the code under test; also ones that break its rules.
 */

/** Describes a frame; what is left out is as an ordinary frame has it. */
export interface WireFrame {
  readonly opcode: number;
  /** Default `true`. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1; default 0. */
  readonly rsv?: number;
  /** Octets, or text; default none. */
  readonly payload?: Uint8Array | string;
  /** Masking key; left out, the frame is not masked. */
  readonly key?: number | undefined;
  /** Length to announce, instead of that of the payload. */
  readonly length?: bigint | number;
  /** Width of the length field in bits; default the shortest that will do. */
  readonly lengthBits?: 7 | 16 | 64;
}

/** The role whose frames a parser reads, and whether it masks them. */
export const PEERS = [
  { peer: 'a client', masked: true, key: 0x91a2b3c4 },
  { peer: 'a server', masked: false, key: undefined },
] as const;

/** Gives the octets of a frame. */
export function wireFrame(frame: WireFrame): Buffer {
  const { opcode, fin = true, rsv = 0, key } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const length = BigInt(frame.length ?? payload.length);
  const bits = frame.lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const maskBit = key === undefined ? 0 : 0x80;
  const field = bits === 7 ? Number(length) : bits === 16 ? 126 : 127;
  const parts: Buffer[] = [Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, maskBit | field])];
  if (bits > 7) {
    const digits = length.toString(16).padStart(bits / 4, '0');
    parts.push(Buffer.from(digits, 'hex'));
  }
  if (key === undefined) parts.push(payload);
  else parts.push(keyOctets(key), maskByTheLetter(payload, key));
  return Buffer.concat(parts);
}

/** Gives the octets of several frames, all with the same masking key. */
export function wire(key: number | undefined, ...frames: readonly WireFrame[]): Buffer {
  return Buffer.concat(frames.map((frame) => wireFrame({ key, ...frame })));
}

/** Masks or unmasks: octet i is XORed with octet i MOD 4 of the key (RFC 6455 §5.3). */
export function maskByTheLetter(payload: Uint8Array, key: number): Buffer {
  const octets = keyOctets(key);
  return Buffer.from(payload.map((octet, i) => octet ^ octets[i % 4]!));
}

/** Gives octets that look random and are the same in every run. */
export function noise(length: number): Buffer {
  const octets = Buffer.alloc(length);
  let seed = 0x2545f491;
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    octets[i] = seed >>> 24;
  }
  return octets;
}

/** Cuts octets at some places; the pieces are copies, so that they may be changed. */
export function cut(octets: Buffer, ...places: readonly number[]): Buffer[] {
  const ends = [...places, octets.length];
  return ends.map((end, i) => Buffer.from(octets.subarray(i === 0 ? 0 : ends[i - 1], end)));
}

/** Gives every way to cut octets in two, and the way into single octets. */
export function* allCuts(octets: Buffer): Generator<Buffer[]> {
  for (let place = 1; place < octets.length; place++) yield cut(octets, place);
  yield cut(octets, ...Array.from({ length: octets.length - 1 }, (_, i) => i + 1));
}

/** Gives every way to cut octets in three. */
export function* allDoubleCuts(octets: Buffer): Generator<Buffer[]> {
  for (let first = 1; first < octets.length; first++) {
    for (let second = first + 1; second < octets.length; second++) yield cut(octets, first, second);
  }
}

function keyOctets(key: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(key >>> 0);
  return octets;
}
