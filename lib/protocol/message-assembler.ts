import { parseClosePayload } from './close-frame.js';
import { Opcode } from './constants.js';
import { FragmentDecoder, type MessageFragment, type MessageType } from './fragment-decoder.js';
import type { FrameSink } from './frame-parser.js';
import { applyMask, unmaskInPlace } from './mask.js';
import type { MemoryBudget } from './memory-budget.js';
import { Utf8Validator, decodeText, isText } from './utf8.js';
import * as violation from './violations.js';

export type { MessageFragment, MessageType };

/** Takes what a peer said, message by message. */
export interface MessageSink {
  onText(text: string): void;
  /** Takes a text that was to come as octets; they were checked. */
  onUtf8(octets: Buffer): void;
  onBinary(data: Buffer): void;
  onFragment(fragment: MessageFragment): void;
  /** Takes a message as its peer has compressed it (RFC 7692 §6.2); nobody else changes the octets. */
  onCompressed(type: MessageType, octets: Buffer): void;
  /** Takes a piece of a compressed message that is to be handed on in pieces. */
  onCompressedPiece(type: MessageType, octets: Buffer, endsFrame: boolean, endsMessage: boolean): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onClose(code: number, reason: string): void;
}

/** Configures a {@link MessageAssembler}. */
export interface MessageAssemblerOptions {
  /** Longest message, in octets; with `fragments` the longest frame. Compressed ones may be a little longer. */
  readonly maxMessageBytes: number;
  /** Most empty fragments in a row. */
  readonly maxEmptyFragments: number;
  /** Whether messages are handed on in pieces instead of whole. */
  readonly fragments: boolean;
  /** Whether whole texts are handed on as strings, or as their octets. @defaultValue 'string' */
  readonly textAs?: 'string' | 'buffer' | undefined;
}

/** First capacity, in octets, of the buffer that a message in pieces grows in. */
const FIRST_CAPACITY = 4 * 1024;
/** Octets from which it grows faster. */
const LARGE = 32 * 1024;
/** How much faster, for as long as memory is plenty: so a frame of 1 MiB has all its room from the first chunk on. */
const LARGE_GROWTH = 32;
const NO_OCTETS = Buffer.alloc(0);
/** Takes the place of a connection in an assembler that has none. */
const NOBODY = Object.freeze({}) as MessageSink;
/** Octets that share an allocation when Node 20 makes small Buffers; 64 KiB, as later ones have, would be too many. */
const POOL_BYTES = 8 * 1024;

/**
 * Joins frames to messages (RFC 6455 §5.4, §5.6, §8.1), within limits that are checked from the headers. What it
 * holds of unfinished messages is charged to a process-wide budget in the name of `holder`.
 */
export class MessageAssembler<Holder extends object> implements FrameSink {
  readonly #budget: MemoryBudget<Holder>;
  #sink!: MessageSink;
  #options!: MessageAssemblerOptions;
  #holder!: Holder;

  /** Kind of the message under way. */
  #opcode = 0;
  #fin = false;
  #isCompressed = false;
  /** Octets of the message under way that its headers have announced. */
  #announced = 0;
  #emptyRun = 0;

  /** Holds the message under way; all its room is charged for. */
  #buffer: Buffer = NO_OCTETS;
  #length = 0;
  #octetsOr = 0;
  #isDiscarded = false;
  #validator: Utf8Validator | undefined;
  #fragments: FragmentDecoder | undefined;

  constructor(
    sink: MessageSink,
    options: MessageAssemblerOptions,
    budget: MemoryBudget<Holder>,
    holder: Holder,
  ) {
    this.#budget = budget;
    this.begin(sink, options, holder);
  }

  /** Tells whether it has to go on with the same connection even between two messages. */
  get keepsState(): boolean {
    return this.#fragments !== undefined;
  }

  /** Begins with the messages of another connection; only between two messages. */
  begin(sink: MessageSink, options: MessageAssemblerOptions, holder: Holder): void {
    this.#sink = sink;
    this.#options = options;
    this.#holder = holder;
    if (options.fragments) this.#fragments = new FragmentDecoder((fragment) => sink.onFragment(fragment));
  }

  /** Forgets for whom it assembled, so that it keeps no connection alive. */
  end(): void {
    this.#sink = NOBODY;
    this.#holder = NOBODY as unknown as Holder;
  }

  onFrame(
    opcode: number,
    fin: boolean,
    rsv1: boolean,
    buffer: Buffer,
    start: number,
    end: number,
    octetsOr: number,
  ): void {
    // hot path: benchmarks/micro/message-assembler
    if (fin && opcode !== Opcode.CONTINUATION && this.#fragments === undefined) {
      const length = end - start;
      if (length > this.#options.maxMessageBytes && (!rsv1 || length > this.#maxCompressedBytes())) {
        throw violation.messageTooLong(this.#options.maxMessageBytes, length);
      }
      if (rsv1) {
        this.#sink.onCompressed(typeOf(opcode), buffer.subarray(start, end));
      } else if (opcode === Opcode.TEXT) {
        if (this.#options.textAs === 'buffer') {
          if ((octetsOr & 0x80) !== 0 && !isText(buffer, start, end))
            throw violation.invalidUtf8('text message');
          this.#sink.onUtf8(keep(buffer, start, end));
          return;
        }
        const text = decodeText(buffer, start, end, octetsOr);
        if (text === undefined) throw violation.invalidUtf8('text message');
        this.#sink.onText(text);
      } else {
        this.#sink.onBinary(keep(buffer, start, end));
      }
      return;
    }
    this.onFrameStart(opcode, fin, rsv1, end - start);
    this.#take(buffer, start, end, 0, 0, octetsOr, true);
  }

  onFrameStart(opcode: number, fin: boolean, rsv1: boolean, payloadLength: number): void {
    if (opcode !== Opcode.CONTINUATION) {
      this.#opcode = opcode;
      this.#isCompressed = rsv1;
      this.#announced = 0;
      this.#emptyRun = 0;
    }
    this.#fin = fin;
    // In pieces, each frame has the whole limit for itself.
    this.#announced = (this.#options.fragments ? 0 : this.#announced) + payloadLength;
    if (this.#announced > this.#mostAnnounced()) {
      throw violation.messageTooLong(this.#options.maxMessageBytes, this.#announced);
    }
    // An empty message in one frame is no fragment.
    if (payloadLength > 0 || (fin && opcode !== Opcode.CONTINUATION)) this.#emptyRun = 0;
    else if (++this.#emptyRun > this.#options.maxEmptyFragments) {
      throw violation.tooManyEmptyFragments(this.#options.maxEmptyFragments);
    }
  }

  onFramePiece(buffer: Buffer, start: number, end: number, key: number, offset: number, last: boolean): void {
    this.#take(buffer, start, end, key, offset, -1, last);
  }

  onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === Opcode.CLOSE) {
      const { code, reason } = parseClosePayload(buffer, start, end);
      this.#sink.onClose(code, reason);
    } else if (opcode === Opcode.PING) {
      this.#sink.onPing(copy(buffer, start, end));
    } else {
      this.#sink.onPong(copy(buffer, start, end));
    }
  }

  /** Lets go of an unfinished message for good: the connection is gone or failed, and no message follows. */
  discard(): void {
    this.#isDiscarded = true;
    this.#budget.release(this.#holder);
    this.#buffer = NO_OCTETS;
  }

  /** What the headers of the message under way may announce. */
  #mostAnnounced(): number {
    return this.#isCompressed ? this.#maxCompressedBytes() : this.#options.maxMessageBytes;
  }

  /** Octets that cannot be compressed grow a little; a message of the greatest length may come so. */
  #maxCompressedBytes(): number {
    return Math.ceil(this.#options.maxMessageBytes * (1 + 1 / 16)) + 64;
  }

  #take(
    buffer: Buffer,
    start: number,
    end: number,
    key: number,
    offset: number,
    octetsOr: number,
    last: boolean,
  ): void {
    const endsMessage = last && this.#fin;
    if (this.#fragments !== undefined) {
      if (key !== 0) unmaskInPlace(buffer, start, end, key, offset);
      this.#handOn(this.#fragments, buffer, start, end, last);
      return;
    }
    const from = this.#length;
    if (!this.#append(buffer, start, end, key, offset, octetsOr)) return;
    if (this.#opcode === Opcode.TEXT && !this.#isCompressed && (this.#octetsOr & 0x80) !== 0) {
      this.#validate(from, endsMessage);
    }
    if (endsMessage) this.#finish();
  }

  /** Adds to the message under way. Returns whether there still is one. */
  #append(
    buffer: Buffer,
    start: number,
    end: number,
    key: number,
    offset: number,
    octetsOr: number,
  ): boolean {
    const from = this.#length;
    const length = from + end - start;
    if (length > this.#buffer.length) this.#grow(length);
    // To charge for more may have failed this very connection.
    if (this.#isDiscarded) return false;
    this.#length = length;
    if (key === 0) {
      buffer.copy(this.#buffer, from, start, end);
      this.#octetsOr |= octetsOr;
    } else {
      this.#octetsOr |= applyMask(buffer, start, this.#buffer, from, end - start, key, offset);
    }
    return true;
  }

  /** Checks the text from there on; what came before the first octet that is no ASCII needs no check. */
  #validate(from: number, endsMessage: boolean): void {
    const validator = (this.#validator ??= new Utf8Validator());
    if (!validator.push(this.#buffer, from, this.#length) || (endsMessage && !validator.isComplete)) {
      throw violation.invalidUtf8('text message');
    }
  }

  /**
   * Makes room ahead of what comes, so that many small pieces cost linear time, but no more than the message may need.
   * A large frame soon has all the room that it has announced, unless many others hold memory as well; until then it
   * has no more than it takes to come so far, as all that is copied and thrown away.
   */
  #grow(needed: number): void {
    const isFast = needed >= LARGE && !this.#budget.isStrained;
    const most = isFast ? needed * LARGE_GROWTH : 0;
    const announced = this.#announced;
    const large = most < announced ? Math.min(most, Math.ceil(announced / LARGE_GROWTH)) : announced;
    const ahead = Math.max(needed * (isFast ? 4 : 2), large, FIRST_CAPACITY);
    const room = Math.min(ahead, this.#mayNeed());
    this.#budget.charge(this.#holder, room - this.#buffer.length);
    if (this.#isDiscarded) return;
    const grown = Buffer.allocUnsafeSlow(room);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  /** Octets that the message under way may come to. */
  #mayNeed(): number {
    return this.#fin ? this.#announced : this.#mostAnnounced();
  }

  #finish(): void {
    const buffer = this.#buffer;
    const length = this.#length;
    const octetsOr = this.#octetsOr;
    this.#budget.charge(this.#holder, -buffer.length);
    this.#buffer = NO_OCTETS;
    this.#length = this.#octetsOr = 0;
    if (this.#isCompressed) {
      this.#sink.onCompressed(typeOf(this.#opcode), buffer.subarray(0, length));
      return;
    }
    if (this.#opcode === Opcode.BINARY) {
      this.#sink.onBinary(keep(buffer, 0, length));
      return;
    }
    if (this.#options.textAs === 'buffer') {
      this.#sink.onUtf8(keep(buffer, 0, length));
      return;
    }
    const ascii = (octetsOr & 0x80) === 0;
    this.#sink.onText(buffer.toString(ascii ? 'latin1' : 'utf8', 0, length));
  }

  #handOn(fragments: FragmentDecoder, buffer: Buffer, start: number, end: number, last: boolean): void {
    const endsMessage = last && this.#fin;
    const type = typeOf(this.#opcode);
    if (this.#isCompressed) {
      this.#sink.onCompressedPiece(type, buffer.subarray(start, end), last, endsMessage);
    } else {
      const data = type === 'text' ? buffer.subarray(start, end) : keep(buffer, start, end);
      fragments.push(type, data, endsMessage);
    }
  }
}

function typeOf(opcode: number): MessageType {
  return opcode === Opcode.TEXT ? 'text' : 'binary';
}

/** Chunk that octets were kept of last: it takes as long to find out about its memory as to make a view of it. */
let chunk: Buffer = NO_OCTETS;
let memory = chunk.buffer;
let chunkAt = 0;

/**
 * Gives octets that outlive the call without pinning a large chunk for a few of them: at most four times as much, or
 * what a small Buffer of Node's own pins as well.
 */
function keep(buffer: Buffer, start: number, end: number): Buffer {
  // hot path: benchmarks/micro/message-assembler
  if (buffer !== chunk) {
    const all = buffer.buffer;
    const pinned = all.byteLength;
    if (pinned > POOL_BYTES)
      return end - start >= pinned / 4 ? buffer.subarray(start, end) : copy(buffer, start, end);
    chunk = buffer;
    memory = all;
    chunkAt = buffer.byteOffset;
  }
  return Buffer.from(memory, chunkAt + start, end - start);
}

function copy(buffer: Buffer, start: number, end: number): Buffer {
  const octets = Buffer.allocUnsafe(end - start);
  buffer.copy(octets, 0, start, end);
  return octets;
}
