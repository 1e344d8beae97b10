import { applyMask, nextMaskingKey } from './mask.js';

/** Receives framed octets in order; implemented by the output batch. */
export interface FrameTarget {
  /** Makes room for `length` octets in one piece of {@link FrameTarget.slab} and returns where they start. */
  reserve(length: number): number;
  /** Gives back the last `length` octets of the room reserved last. */
  giveBack(length: number): void;
  /** Buffer that the room reserved last lies in. */
  readonly slab: Buffer;
  /** Adds octets by reference; nobody may change them from now on. */
  append(octets: Buffer): void;
}

/** Payloads up to this many octets are copied next to their header; longer ones go by reference. */
export const COPY_LIMIT = 8 * 1024;
/** A masked copy of a large payload is made in pieces of this many octets. */
const MASKED_PIECE = 64 * 1024;
/** Longest text whose octets surely fit a control-sized frame: a UTF-16 unit takes at most three octets. */
const SHORT_TEXT = 41;

const FIN = 0x80;
const RSV1 = 0x40;
const MASK = 0x80;

/** Tells how many octets the header of a frame takes (RFC 6455 §5.2). */
export function headerLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 0x10000 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes a header into a buffer that has room for it.
 * @param firstOctet - FIN, RSV1 and opcode.
 * @returns the offset behind the length field, where the masking key or the payload goes.
 */
export function writeHeader(
  slab: Buffer,
  start: number,
  firstOctet: number,
  payloadLength: number,
  masked: boolean,
): number {
  const maskBit = masked ? MASK : 0;
  slab[start] = firstOctet;
  if (payloadLength < 126) {
    slab[start + 1] = maskBit | payloadLength;
    return start + 2;
  }
  if (payloadLength < 0x10000) {
    slab[start + 1] = maskBit | 126;
    slab.writeUInt16BE(payloadLength, start + 2);
    return start + 4;
  }
  slab[start + 1] = maskBit | 127;
  slab.writeUInt32BE(Math.floor(payloadLength / 0x100000000), start + 2);
  slab.writeUInt32BE(payloadLength >>> 0, start + 6);
  return start + 10;
}

/** Joins the flags and the opcode of a frame to its first octet. */
export function firstOctet(opcode: number, fin: boolean, rsv1: boolean): number {
  return opcode | (fin ? FIN : 0) | (rsv1 ? RSV1 : 0);
}

/** Frames messages into a {@link FrameTarget} (RFC 6455 §5.2), masked in the client role (§5.3). */
export class FrameWriter {
  readonly #target: FrameTarget;
  readonly #masked: boolean;

  constructor(target: FrameTarget, masked: boolean) {
    this.#target = target;
    this.#masked = masked;
  }

  /** Frames a message of either kind. @returns octets of header and payload. */
  write(first: number, data: string | Buffer): number {
    return typeof data === 'string' ? this.writeText(first, data) : this.writeOctets(first, data);
  }

  /**
   * Frames a string as UTF-8; a lone surrogate becomes U+FFFD.
   * @returns octets of header and payload.
   */
  writeText(first: number, text: string): number {
    // hot path: benchmarks/micro/frame-writer
    if (text.length > SHORT_TEXT) return this.#writeLongText(first, text);
    const masked = this.#masked;
    const target = this.#target;
    const header = masked ? 6 : 2;
    const room = header + text.length * 3;
    const start = target.reserve(room);
    const slab = target.slab;
    const length = slab.write(text, start + header, text.length * 3);
    slab[start] = first;
    if (masked) {
      slab[start + 1] = MASK | length;
      this.#maskAt(slab, start + 2, length);
    } else {
      slab[start + 1] = length;
    }
    target.giveBack(room - header - length);
    return header + length;
  }

  #writeLongText(first: number, text: string): number {
    const length = Buffer.byteLength(text);
    const header = headerLength(length, this.#masked);
    if (length > (this.#masked ? MASKED_PIECE : COPY_LIMIT)) {
      return this.writeOctets(first, Buffer.from(text));
    }
    const start = this.#target.reserve(header + length);
    const slab = this.#target.slab;
    const keyAt = writeHeader(slab, start, first, length, this.#masked);
    // As many octets as units: all are ASCII, which both encodings write alike, one of them much faster.
    slab.write(text, start + header, length, length === text.length ? 'latin1' : 'utf8');
    if (this.#masked) this.#maskAt(slab, keyAt, length);
    return header + length;
  }

  /**
   * Frames octets. They are not changed; in the server role, long ones go by reference.
   * @returns octets of header and payload.
   */
  writeOctets(first: number, octets: Buffer): number {
    if (octets.length <= COPY_LIMIT) return this.writeBrief(first, octets);
    const length = octets.length;
    const header = headerLength(length, this.#masked);
    const target = this.#target;
    const start = target.reserve(header);
    const keyAt = writeHeader(target.slab, start, first, length, this.#masked);
    if (this.#masked) this.#appendMasked(target.slab, keyAt, octets);
    else target.append(octets);
    return header + length;
  }

  /**
   * Frames octets by copy, of any memory.
   * @param octets - at most {@link COPY_LIMIT}.
   * @returns octets of header and payload.
   */
  writeBrief(first: number, octets: Uint8Array): number {
    // hot path: benchmarks/micro/frame-writer
    const length = octets.length;
    const header = headerLength(length, this.#masked);
    const target = this.#target;
    const start = target.reserve(header + length);
    const slab = target.slab;
    const keyAt = writeHeader(slab, start, first, length, this.#masked);
    if (this.#masked) this.#writeMasked(slab, keyAt, octets);
    else slab.set(octets, keyAt);
    return header + length;
  }

  #writeMasked(slab: Buffer, keyAt: number, octets: Uint8Array): void {
    const key = nextMaskingKey();
    slab.writeInt32BE(key, keyAt);
    applyMask(octets, 0, slab, keyAt + 4, octets.length, key, 0);
  }

  #appendMasked(slab: Buffer, keyAt: number, octets: Buffer): void {
    const key = nextMaskingKey();
    slab.writeInt32BE(key, keyAt);
    for (let offset = 0; offset < octets.length; offset += MASKED_PIECE) {
      const length = Math.min(MASKED_PIECE, octets.length - offset);
      const piece = Buffer.allocUnsafeSlow(length);
      applyMask(octets, offset, piece, 0, length, key, offset);
      this.#target.append(piece);
    }
  }

  /** Writes a fresh key and masks what lies behind it in place. */
  #maskAt(slab: Buffer, keyAt: number, length: number): void {
    const key = nextMaskingKey();
    slab.writeInt32BE(key, keyAt);
    applyMask(slab, keyAt + 4, slab, keyAt + 4, length, key, 0);
  }
}
