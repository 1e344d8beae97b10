import { ChunkMask, holdsMany } from './chunk-mask.js';
import { MAX_CONTROL_PAYLOAD, Opcode } from './constants.js';
import { unmaskInPlace } from './mask.js';
import * as violation from './violations.js';

/**
 * Takes what the parser finds. Octets are passed as a buffer with offsets, valid only during the call. Those of whole
 * frames are unmasked; `octetsOr` has bit 7 set if some octet is ≥ 0x80, and is -1 when nobody looked.
 */
export interface FrameSink {
  /** Takes a data frame whose payload lies in one piece. `opcode` is 0 for a continuation. */
  onFrame(
    opcode: number,
    fin: boolean,
    rsv1: boolean,
    buffer: Buffer,
    start: number,
    end: number,
    octetsOr: number,
  ): void;
  /** Takes the header of a data frame whose payload comes in pieces; the place to refuse a length. */
  onFrameStart(opcode: number, fin: boolean, rsv1: boolean, payloadLength: number): void;
  /**
   * Takes a piece of the payload of the frame begun last, still masked: who copies it unmasks on the way.
   * @param key - masking key for {@link applyMask}; 0 leaves all as it is.
   * @param offset - octets of the payload that came before.
   * @param last - whether the piece completes the frame.
   */
  onFramePiece(buffer: Buffer, start: number, end: number, key: number, offset: number, last: boolean): void;
  /** Takes a whole control frame. */
  onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void;
}

/** Configures a {@link FrameParser}. */
export interface FrameParserOptions {
  /** Whether frames must be masked: `true` when the peer is a client (RFC 6455 §5.1). */
  readonly masked: boolean;
  /** Whether RSV1 may mark the first frame of a data message (RFC 7692 §6). */
  readonly compression: boolean;
}

const Place = { HEADER: 0, DATA: 1, CONTROL: 2 } as const;
type Place = (typeof Place)[keyof typeof Place];

/** Longer payloads are unmasked faster otherwise. */
const MOST_FOR_WORDS = 767;

const NO_OCTETS = Buffer.alloc(0);

/**
 * Turns octets into calls of a {@link FrameSink} (RFC 6455 §5.2). Holds no payload: what is split between chunks
 * goes to the sink piece by piece. Whole frames are unmasked in place.
 *
 * A frame that breaks a rule throws a `ProtocolError` out of {@link FrameParser.parse}; the parser must not be
 * used after that. The sink may push and stop while it is called, but not parse.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  #masked = false;
  #compression = false;

  #chunk: Buffer = NO_OCTETS;
  #chunkMask: ChunkMask | undefined;
  #position = 0;
  #stopped = false;

  #place: Place = Place.HEADER;
  /** Collects a header, or a control frame's payload, that is split between chunks; both fit. */
  #scratch: Buffer | undefined;
  #collected = 0;

  #opcode = 0;
  #fin = false;
  #rsv1 = false;
  #length = 0;
  #maskingKey = 0;
  /** Octets of the present frame's payload that were seen. */
  #seen = 0;
  #insideMessage = false;

  constructor(sink: FrameSink, options: FrameParserOptions) {
    this.#sink = sink;
    this.begin(options);
  }

  /** Tells whether nothing is left, of a chunk, a frame or a message. */
  get isAtRest(): boolean {
    return this.#place === Place.HEADER && this.#collected === 0 && !this.#insideMessage && !this.hasRest;
  }

  /** Begins with the octets of another connection; only at rest. */
  begin({ masked, compression }: FrameParserOptions): void {
    this.#masked = masked;
    this.#compression = compression;
    this.#maskingKey = 0;
  }

  /** Octets of a data frame under way that have not come yet; 0 between frames. */
  get missing(): number {
    return this.#place === Place.DATA ? this.#length - this.#seen : 0;
  }

  /** Tells whether octets handed in were not parsed yet. */
  get hasRest(): boolean {
    return this.#position < this.#chunk.length;
  }

  /**
   * Hands in a chunk, behind what is left of those before.
   * @param chunk - octets as they came; the parser owns and changes them from now on.
   */
  push(chunk: Buffer): void {
    this.#chunkMask = undefined;
    this.#chunk = this.hasRest ? Buffer.concat([this.#chunk.subarray(this.#position), chunk]) : chunk;
    this.#position = 0;
  }

  /** Ends the running {@link FrameParser.parse} after the present frame; to be called by the sink. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Parses what was handed in, until it is used up, {@link FrameParser.stop} is called, or `maxFrames` frames
   * were completed.
   * @returns the number of frames completed.
   * @throws ProtocolError when the peer breaks a rule, and whatever the sink throws; the caller fails the
   * connection.
   */
  parse(maxFrames: number): number {
    // hot path: benchmarks/micro/frame-parser
    let frames = 0;
    this.#stopped = false;
    while (this.hasRest && !this.#stopped && frames < maxFrames) {
      // Read anew each time: the sink may have pushed.
      const chunk = this.#chunk;
      const end = chunk.length;
      switch (this.#place) {
        case Place.HEADER:
          if (this.#takeHeader(chunk, end) && this.#takePayload(chunk, end)) frames += 1;
          break;
        case Place.DATA:
          if (this.#takePiece(chunk, end)) frames += 1;
          break;
        case Place.CONTROL:
          if (this.#collectControl(chunk, end)) frames += 1;
          break;
      }
    }
    if (!this.hasRest) {
      this.#chunkMask = undefined;
      this.#chunk = NO_OCTETS;
      this.#position = 0;
    }
    return frames;
  }

  /** Reads a header, from the chunk itself when it is whole there. Returns whether it is complete. */
  #takeHeader(chunk: Buffer, end: number): boolean {
    const position = this.#position;
    if (this.#collected === 0 && end - position >= 2) {
      const length = this.#headerLength(chunk[position]!, chunk[position + 1]!);
      if (end - position >= length) {
        this.#position = position + length;
        this.#readHeader(chunk, position);
        return true;
      }
    }
    return this.#collectHeader(chunk, end);
  }

  #collectHeader(chunk: Buffer, end: number): boolean {
    const scratch = (this.#scratch ??= Buffer.allocUnsafeSlow(MAX_CONTROL_PAYLOAD));
    let wanted = this.#collected < 2 ? 2 : this.#headerLength(scratch[0]!, scratch[1]!);
    while (this.#position < end) {
      scratch[this.#collected++] = chunk[this.#position++]!;
      if (this.#collected === 2) wanted = this.#headerLength(scratch[0]!, scratch[1]!);
      if (this.#collected === wanted) {
        this.#collected = 0;
        this.#readHeader(scratch, 0);
        return true;
      }
    }
    return false;
  }

  /** Checks the first two octets, which decide all but the length, and tells how long the header is. */
  #headerLength(first: number, second: number): number {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) {
      const rsv1Allowed = this.#compression && (opcode === Opcode.TEXT || opcode === Opcode.BINARY);
      if ((first & 0x30) !== 0 || !rsv1Allowed) throw violation.unexpectedReservedBits(first);
    }
    const length = second & 0x7f;
    if (opcode >= 0x8) {
      if (opcode > Opcode.PONG) throw violation.reservedOpcode(opcode);
      if ((first & 0x80) === 0) throw violation.fragmentedControlFrame();
      if (length > MAX_CONTROL_PAYLOAD) throw violation.oversizedControlFrame();
    } else if (opcode === Opcode.CONTINUATION) {
      if (!this.#insideMessage) throw violation.unexpectedContinuation();
    } else {
      if (opcode > Opcode.BINARY) throw violation.reservedOpcode(opcode);
      if (this.#insideMessage) throw violation.unfinishedMessage();
    }
    const masked = (second & 0x80) !== 0;
    if (masked !== this.#masked) throw masked ? violation.maskedFrame() : violation.unmaskedFrame();
    return 2 + (length < 126 ? 0 : length === 126 ? 2 : 8) + (masked ? 4 : 0);
  }

  #readHeader(buffer: Buffer, start: number): void {
    const first = buffer[start]!;
    let length = buffer[start + 1]! & 0x7f;
    let position = start + 2;
    if (length === 126) {
      length = buffer.readUInt16BE(position);
      if (length < 126) throw violation.nonMinimalLength();
      position += 2;
    } else if (length === 127) {
      const high = buffer.readUInt32BE(position);
      if (high >= 0x80000000) throw violation.negativeLength();
      // Past 2^53 the sum is rounded, which no limit on a message can notice.
      length = high * 0x100000000 + buffer.readUInt32BE(position + 4);
      if (length < 0x10000) throw violation.nonMinimalLength();
      position += 8;
    }
    if (this.#masked) this.#maskingKey = keyAt(buffer, position);
    this.#opcode = first & 0x0f;
    this.#fin = (first & 0x80) !== 0;
    this.#rsv1 = (first & 0x40) !== 0;
    this.#length = length;
    this.#seen = 0;
    if (this.#opcode < 0x8) this.#insideMessage = !this.#fin;
  }

  /** Hands over the payload if it is whole in the chunk, else prepares for its pieces. Returns whether it is. */
  #takePayload(chunk: Buffer, end: number): boolean {
    const start = this.#position;
    const stop = start + this.#length;
    if (stop <= end) {
      this.#position = stop;
      const octetsOr = this.#masked ? this.#unmask(chunk, start, stop, end) : -1;
      if (this.#opcode >= 0x8) this.#sink.onControlFrame(this.#opcode, chunk, start, stop);
      else this.#sink.onFrame(this.#opcode, this.#fin, this.#rsv1, chunk, start, stop, octetsOr);
      return true;
    }
    if (this.#opcode >= 0x8) {
      this.#place = Place.CONTROL;
    } else {
      this.#place = Place.DATA;
      this.#sink.onFrameStart(this.#opcode, this.#fin, this.#rsv1, this.#length);
    }
    return false;
  }

  #unmask(chunk: Buffer, start: number, stop: number, end: number): number {
    const length = stop - start;
    if (length > MOST_FOR_WORDS || (this.#chunkMask === undefined && !holdsMany(end - start, length)))
      return unmaskInPlace(chunk, start, stop, this.#maskingKey, 0);
    return (this.#chunkMask ??= new ChunkMask(chunk)).unmask(start, stop, this.#maskingKey);
  }

  /** Hands over what there is of the payload. Returns whether it is complete. */
  #takePiece(chunk: Buffer, end: number): boolean {
    const start = this.#position;
    const stop = Math.min(end, start + this.#length - this.#seen);
    const offset = this.#seen;
    this.#position = stop;
    this.#seen = offset + stop - start;
    const last = this.#seen === this.#length;
    if (last) this.#place = Place.HEADER;
    this.#sink.onFramePiece(chunk, start, stop, this.#maskingKey, offset, last);
    return last;
  }

  /** Collects a control frame's payload, and hands it over. Returns whether it is complete. */
  #collectControl(chunk: Buffer, end: number): boolean {
    const scratch = (this.#scratch ??= Buffer.allocUnsafeSlow(MAX_CONTROL_PAYLOAD));
    const stop = Math.min(end, this.#position + this.#length - this.#seen);
    chunk.copy(scratch, this.#seen, this.#position, stop);
    this.#seen += stop - this.#position;
    this.#position = stop;
    if (this.#seen < this.#length) return false;
    this.#place = Place.HEADER;
    if (this.#masked) unmaskInPlace(scratch, 0, this.#length, this.#maskingKey, 0);
    this.#sink.onControlFrame(this.#opcode, scratch, 0, this.#length);
    return true;
  }
}

/** Reads four octets in network order, with none of the checks that `readInt32BE` makes. */
function keyAt(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
