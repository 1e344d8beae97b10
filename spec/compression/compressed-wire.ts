import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import type { PairEnd } from '../duplex-pair.js';

/** Is a frame as it was on the wire, with the bit that marks a compressed message. */
export interface WireFrame {
  readonly fin: boolean;
  readonly rsv1: boolean;
  /** RSV2 and RSV3. */
  readonly otherRsv: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Marks the first frame of a compressed message, added to its opcode (RFC 7692 §6). */
export const RSV1 = 0x40;

/** Decodes all whole frames, without the library; half a frame at the end is left out. */
export function framesIn(wire: Buffer): WireFrame[] {
  return takeFrames(wire).frames;
}

/** Decodes all whole frames, and gives the octets behind them. */
export function takeFrames(wire: Buffer): { frames: WireFrame[]; rest: Buffer } {
  const frames: WireFrame[] = [];
  let at = 0;
  while (at + 2 <= wire.length) {
    const [first, second] = [wire[at]!, wire[at + 1]!];
    const short = second & 0x7f;
    const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
    const masked = (second & 0x80) !== 0;
    const start = at + 2 + extended + (masked ? 4 : 0);
    if (start > wire.length) break;
    const length =
      extended === 0
        ? short
        : extended === 2
          ? wire.readUInt16BE(at + 2)
          : Number(wire.readBigUInt64BE(at + 2));
    if (start + length > wire.length) break;
    const payload = Buffer.from(wire.subarray(start, start + length));
    if (masked) for (let i = 0; i < length; i++) payload[i]! ^= wire[start - 4 + (i & 3)]!;
    frames.push({
      fin: (first & 0x80) !== 0,
      rsv1: (first & RSV1) !== 0,
      otherRsv: first & 0x30,
      opcode: first & 0x0f,
      payload,
    });
    at = start + length;
  }
  return { frames, rest: wire.subarray(at) };
}

/** Gives all frames that a connection has put on its stream so far. */
export function sentFrames(stream: PairEnd): WireFrame[] {
  return framesIn(Buffer.concat(stream.taken));
}

/** Compresses by itself as a message (RFC 7692 §7.2.1). */
export function deflated(octets: Buffer | string, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

/** Inflates a message by itself (RFC 7692 §7.2.2). */
export function inflated(payload: Buffer, options: ZlibOptions = {}): Buffer {
  const whole = Buffer.concat([payload, Buffer.from('0000ffff', 'hex')]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
}

/**
 * Reads frames as messages, each compressed by itself: `text Hello`, `deflated text Hello`, `ping x`, `close 1000`;
 * of long ones the length.
 */
export function messagesIn(frames: readonly WireFrame[]): string[] {
  const said: string[] = [];
  let open: { kind: string; rsv1: boolean; parts: Buffer[] } | undefined;
  for (const { fin, rsv1, otherRsv, opcode, payload } of frames) {
    if (otherRsv !== 0 || (rsv1 && (opcode === 0 || opcode > 2))) throw new Error('a reserved bit is set');
    if (opcode === 8) said.push(payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)}`);
    else if (opcode > 8) said.push(`${opcode === 9 ? 'ping' : 'pong'} ${payload.toString()}`.trimEnd());
    else {
      if ((opcode === 0) !== (open !== undefined)) throw new Error('fragments out of order');
      open ??= { kind: opcode === 1 ? 'text' : 'binary', rsv1, parts: [] };
      open.parts.push(payload);
      if (!fin) continue;
      const octets = Buffer.concat(open.parts);
      const data = open.rsv1 ? inflated(octets) : octets;
      const shown = data.length > 60 ? `of ${data.length}` : data.toString();
      said.push(`${open.rsv1 ? 'deflated ' : ''}${open.kind} ${shown}`.trimEnd());
      open = undefined;
    }
  }
  return said;
}
