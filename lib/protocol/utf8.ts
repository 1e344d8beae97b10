import { isUtf8 } from 'node:buffer';

/*
 * Text is UTF-8 (RFC 6455 §8.1, RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. A
 * leading byte order mark is text like any other and is kept.
 */

// From this length on, the native check is cheaper than the loop, its view included.
const NATIVE_FROM = 64;

const REPLACEMENT_CHARACTER = '\ufffd';

/**
 * Validates UTF-8 that comes in pieces, cut anywhere, and fails at the first octet that makes it impossible,
 * also in the middle of a sequence (RFC 3629 §4). Once `push` has answered false, only `reset` makes sense.
 */
export class Utf8Validator {
  // Continuation octets still due, and the range of the next one.
  #due = 0;
  #lowest = 0x80;
  #highest = 0xbf;

  /**
   * Tells whether all that was pushed ends with a complete sequence: whether the text may end here.
   */
  get isComplete(): boolean {
    return this.#due === 0;
  }

  /** Makes another one that has seen the same octets. */
  clone(): Utf8Validator {
    const clone = new Utf8Validator();
    clone.#due = this.#due;
    clone.#lowest = this.#lowest;
    clone.#highest = this.#highest;
    return clone;
  }

  /** Forgets all that was pushed. */
  reset(): void {
    this.#due = 0;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
  }

  /**
   * Takes the next octets of the text.
   *
   * @param buffer - where they are
   * @param start - index of the first one
   * @param end - index after the last one
   * @returns whether the text can still become valid; when not, the caller fails the connection with 1007
   */
  push(buffer: Uint8Array, start: number, end: number): boolean {
    // hot path: benchmarks/micro/utf8
    if (end - start < NATIVE_FROM) return this.#scan(buffer, start, end);
    const bulk = start + this.#due;
    if (!this.#scan(buffer, start, bulk)) return false;
    const rest = startOfLastSequence(buffer, end);
    return isUtf8(viewOf(buffer, bulk, rest)) && this.#scan(buffer, rest, end);
  }

  #scan(buffer: Uint8Array, start: number, end: number): boolean {
    let due = this.#due;
    let lowest = this.#lowest;
    let highest = this.#highest;
    for (let i = start; i < end; i++) {
      const octet = buffer[i]!;
      if (due > 0) {
        if (octet < lowest || octet > highest) return false;
        due--;
        lowest = 0x80;
        highest = 0xbf;
      } else if (octet >= 0x80) {
        // c0 and c1 could only begin overlong forms, f5 and above only what is over U+10FFFF.
        if (octet < 0xc2 || octet > 0xf4) return false;
        if (octet < 0xe0) {
          due = 1;
        } else if (octet < 0xf0) {
          due = 2;
          if (octet === 0xe0) lowest = 0xa0;
          else if (octet === 0xed) highest = 0x9f;
        } else {
          due = 3;
          if (octet === 0xf0) lowest = 0x90;
          else if (octet === 0xf4) highest = 0x8f;
        }
      }
    }
    this.#due = due;
    this.#lowest = lowest;
    this.#highest = highest;
    return true;
  }
}

/**
 * Decodes a complete text.
 *
 * @param buffer - where its octets are
 * @param start - index of the first one
 * @param end - index after the last one
 * @param or - all its octets ORed, as `unmaskInPlace` returns them; -1 when not known
 * @returns the text; `undefined` when it is not valid UTF-8
 */
export function decodeText(buffer: Buffer, start: number, end: number, or: number): string | undefined {
  // hot path: benchmarks/micro/utf8
  if ((or & 0x80) === 0) return buffer.toString('latin1', start, end);
  const text = buffer.toString('utf8', start, end);
  // What is invalid decodes to U+FFFD, so that only a text in which it occurs needs the check.
  if (text.includes(REPLACEMENT_CHARACTER) && !isText(buffer, start, end)) return undefined;
  return text;
}

/** Tells whether octets are a complete text. */
export function isText(buffer: Uint8Array, start: number, end: number): boolean {
  return isUtf8(viewOf(buffer, start, end));
}

/** Finds where a sequence begins that `end` cuts off: at a lead octet that asks for more than there is behind it. */
function startOfLastSequence(buffer: Uint8Array, end: number): number {
  if (buffer[end - 1]! >= 0xc2) return end - 1;
  if (buffer[end - 2]! >= 0xe0) return end - 2;
  if (buffer[end - 3]! >= 0xf0) return end - 3;
  return end;
}

/** Sees a range of a buffer, cheaper than `subarray` does for a Buffer. */
function viewOf(buffer: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start);
}
