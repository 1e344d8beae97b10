/*
 * Makes the frames that a peer sends, by the letter of RFC 6455 §5.2.
 */

/** Describes a frame; what is left out is as an ordinary frame has it. */
export interface FrameSketch {
  readonly opcode: number;
  /** @defaultValue true */
  readonly fin?: boolean;
  /** One octet a character; default none. */
  readonly payload?: string;
  /** Length to announce in place of the payload's. */
  readonly length?: bigint;
  /** Width of the length field in bits; default the least that will do. */
  readonly lengthBits?: 7 | 16 | 64;
  /** Masking key as hex, where frames are masked; default a1b2c3d4. */
  readonly key?: string;
}

/** Makes the octets of frames as the peer of a role has to send them: masked for the server. */
export function framesOf(role: 'client' | 'server', sketches: readonly FrameSketch[]): Buffer {
  return Buffer.concat(sketches.map((sketch) => frameOf(role === 'server', sketch)));
}

function frameOf(isMasked: boolean, sketch: FrameSketch): Buffer {
  const { opcode, fin = true, key = 'a1b2c3d4' } = sketch;
  const payload = Buffer.from(sketch.payload ?? '', 'latin1');
  const length = sketch.length ?? BigInt(payload.length);
  const bits = sketch.lengthBits ?? (length <= 125n ? 7 : length <= 0xffffn ? 16 : 64);
  const second = (isMasked ? 0x80 : 0) + (bits === 7 ? Number(length) : bits === 16 ? 126 : 127);
  const field = bits === 7 ? '' : length.toString(16).padStart(bits / 4, '0');
  const header = Buffer.from([(fin ? 0x80 : 0) + opcode, second, ...Buffer.from(field, 'hex')]);
  if (!isMasked) return Buffer.concat([header, payload]);
  const octets = Buffer.from(key, 'hex');
  // RFC 6455 §5.3: octet i is XORed with octet i MOD 4 of the key.
  for (let i = 0; i < payload.length; i++) payload[i] = payload[i]! ^ octets[i % 4]!;
  return Buffer.concat([header, octets, payload]);
}
