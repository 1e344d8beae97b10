import { Buffer, isUtf8 } from 'node:buffer';
import { types } from 'node:util';
import { InvalidOptionError, InvalidStateError } from '../errors.js';
import { Opcode } from '../protocol/constants.js';
import { COPY_LIMIT } from '../protocol/frame-writer.js';
import { Utf8Validator } from '../protocol/utf8.js';
import type { PreparedMessage } from './prepared-message.js';

/** Is anything that can be sent: strings as UTF-8, octets as they are. */
export type MessageData = string | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** Names what `send` can send, in any letter case or as opcode 1, 2, 9 or 10 (websocket(n): send). */
export type SendType = 'text' | 'binary' | 'ping' | 'pong' | (string & {}) | 1 | 2 | 9 | 10;

const OPCODES: ReadonlyMap<unknown, Opcode> = new Map<unknown, Opcode>([
  ['text', Opcode.TEXT],
  ['binary', Opcode.BINARY],
  ['ping', Opcode.PING],
  ['pong', Opcode.PONG],
  [Opcode.TEXT, Opcode.TEXT],
  [Opcode.BINARY, Opcode.BINARY],
  [Opcode.PING, Opcode.PING],
  [Opcode.PONG, Opcode.PONG],
]);

/**
 * Reads the `type` argument of `send`.
 * @throws InvalidOptionError for anything else, with what was probably meant.
 */
export function sendOpcode(type: unknown): Opcode {
  // hot path: benchmarks/micro/sender
  if (type === 'text') return Opcode.TEXT;
  if (type === 'binary') return Opcode.BINARY;
  const opcode =
    OPCODES.get(type) ?? (typeof type === 'string' ? OPCODES.get(type.toLowerCase()) : undefined);
  if (opcode === undefined) {
    throw new InvalidOptionError(
      'type',
      type,
      "'text', 'binary', 'ping' or 'pong', or opcode 1, 2, 9 or 10",
      "to send a message: write(data) or send('text', data)",
    );
  }
  return opcode;
}

/**
 * Reads a message: strings stay strings, octets become a Buffer over the same memory. Memory that may change its
 * size, or be changed by another thread, under way is copied.
 * @param name - name of the argument, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything else, and for detached memory.
 */
export function messageData(message: unknown, name = 'message'): string | Buffer {
  // hot path: benchmarks/micro/sender
  if (typeof message === 'string') return message;
  // Neither of these two asks for a class: memory may come from another realm, such as a test runner's.
  const isView = ArrayBuffer.isView(message);
  if (isView && message instanceof Buffer && message.length > 0 && isFixed(message.buffer as ArrayBufferLike))
    return message;
  if (!isView && !types.isAnyArrayBuffer(message)) {
    throw new InvalidOptionError(name, message, 'a string, Buffer, TypedArray, DataView or ArrayBuffer');
  }
  const memory = isView ? message.buffer : message;
  if (memory.byteLength === 0 && isDetached(memory)) {
    throw new InvalidOptionError(name, message, 'memory that is not detached');
  }
  if (isView && isFixed(memory) && Buffer.isBuffer(message)) return message;
  const view = isView ? message : new Uint8Array(memory);
  const octets = Buffer.from(memory, view.byteOffset, view.byteLength);
  return isFixed(memory) ? octets : Buffer.from(octets);
}

/** Tells whether these are so few octets that they are copied as they are framed: their memory does not matter then. */
export function isBrief(message: unknown): message is Uint8Array {
  // hot path: benchmarks/micro/sender
  return message instanceof Uint8Array && message.length > 0 && message.length <= COPY_LIMIT;
}

/** Tells whether memory keeps its size, and is ours alone; shared memory has no such property. */
function isFixed(memory: ArrayBufferLike): boolean {
  return (memory as { resizable?: boolean }).resizable === false;
}

/** Tells whether empty memory was given away: no view can be made of it any more. */
function isDetached(memory: ArrayBuffer | SharedArrayBuffer): boolean {
  try {
    return new Uint8Array(memory).length > 0;
  } catch {
    return true;
  }
}

/** Counts the octets of a message. */
export function byteLength(data: string | Buffer): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

/** Is a frame that was admitted to the queue, in the order of the calls. */
export interface AdmittedFrame {
  /** Opcode on the wire: 0 for a continuation. */
  readonly opcode: number;
  readonly fin: boolean;
  readonly data: string | Buffer;
  /** The message that this frame is the whole of, if many are to get it. */
  readonly prepared?: PreparedMessage;
}

/**
 * Follows the message that is being sent in fragments, so that all of them keep its type (RFC 6455 §5.4), and
 * carries a high surrogate at the end of a text fragment over to the next.
 */
export class OutgoingMessage {
  #opcode = 0;
  #isSkipping = false;
  #carry = '';
  #validator: Utf8Validator | undefined;

  /** Tells whether a message is begun and not finished. */
  get isOpen(): boolean {
    return this.#opcode !== 0;
  }

  /** Tells whether the next frame begins a message. */
  get isIdle(): boolean {
    return this.#opcode === 0 && !this.#isSkipping;
  }

  /** Tells whether the fragments of a dropped message are still coming. */
  get isSkipping(): boolean {
    return this.#isSkipping;
  }

  /** Drops a frame of a message that was dropped from its start. */
  skip(final: boolean): void {
    this.#isSkipping = !final;
  }

  /**
   * Checks the next fragment against those before. Nothing changes when it throws.
   * @throws InvalidStateError when the type changes within a message, InvalidOptionError when octets sent as text
   * are not UTF-8.
   */
  admit(opcode: number, data: string | Buffer, final: boolean): AdmittedFrame {
    if (this.#opcode === 0 && final) {
      if (opcode === Opcode.TEXT) checkUtf8(data);
      return { opcode, fin: true, data };
    }
    if (this.#opcode !== 0 && this.#opcode !== opcode) {
      const [open, got] = this.#opcode === Opcode.TEXT ? ['text', 'binary'] : ['binary', 'text'];
      throw new InvalidStateError(
        `a fragmented ${open} message is not finished: all its fragments are ${open}, got ${got}`,
      );
    }
    const admitted = opcode === Opcode.TEXT ? this.#admitText(data, final) : data;
    const frameOpcode = this.#opcode === 0 ? opcode : Opcode.CONTINUATION;
    this.#opcode = final ? 0 : opcode;
    return { opcode: frameOpcode, fin: final, data: admitted };
  }

  #admitText(data: string | Buffer, final: boolean): string | Buffer {
    if (typeof data !== 'string') return this.#admitUtf8(data, final);
    if (this.#validator !== undefined && !this.#validator.isComplete) {
      throw new InvalidOptionError(
        'message',
        data,
        'the rest of the character that the fragment before began',
      );
    }
    const text = this.#carry + data;
    const cut = final || !endsInHighSurrogate(text) ? text.length : text.length - 1;
    this.#carry = text.slice(cut);
    return text.slice(0, cut);
  }

  #admitUtf8(data: Buffer, final: boolean): Buffer {
    const whole = this.#carry === '' ? data : Buffer.concat([Buffer.from(this.#carry), data]);
    const validator = this.#validator?.clone() ?? new Utf8Validator();
    if (!validator.push(whole, 0, whole.length) || (final && !validator.isComplete)) throw notUtf8(data);
    this.#validator = final ? undefined : validator;
    this.#carry = '';
    return whole;
  }
}

/** @throws InvalidOptionError for octets that are no text. */
export function checkUtf8(data: string | Buffer): void {
  if (typeof data !== 'string' && !isUtf8(data)) throw notUtf8(data);
}

function notUtf8(data: Buffer): InvalidOptionError {
  return new InvalidOptionError(
    'message',
    data,
    'valid UTF-8 in a text message',
    "to send any octets: send('binary', data)",
  );
}

function endsInHighSurrogate(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xd800 && unit <= 0xdbff;
}
