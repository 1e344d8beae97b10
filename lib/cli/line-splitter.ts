import { TextDecoder } from 'node:util';

/** Longest line that becomes a message, in UTF-16 units. */
const MAX_LINE_LENGTH = 64 * 1024 * 1024;

/** Cuts a stream of UTF-8 octets into lines; LF and CRLF end a line, and belong to none. */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #maxLineLength: number;
  /** Pieces of the line that is not finished yet; joined once, so that a long line costs linear time. */
  #pieces: string[] = [];
  #length = 0;

  /** @param maxLineLength - longest line, in UTF-16 units; default 64 Mi. */
  constructor(maxLineLength = MAX_LINE_LENGTH) {
    this.#maxLineLength = maxLineLength;
  }

  /**
   * Takes octets and gives the lines that they complete.
   * @throws Error when they are no UTF-8, or a line is too long.
   */
  push(octets: Uint8Array): string[] {
    return this.#split(this.#decode(octets, true));
  }

  /**
   * Ends the input.
   * @returns the last line, if it was not terminated.
   * @throws Error when the input ends inside of a character.
   */
  end(): string[] {
    const lines = this.#split(this.#decode(new Uint8Array(0), false));
    if (this.#length > 0) lines.push(this.#takeLine());
    return lines;
  }

  #decode(octets: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(octets, { stream });
    } catch (error) {
      throw new Error('the input is not UTF-8 text; --binary sends any octets', { cause: error });
    }
  }

  #split(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#keep(text.slice(start, end));
      lines.push(this.#takeLine());
      start = end + 1;
    }
    this.#keep(text.slice(start));
    return lines;
  }

  #keep(piece: string): void {
    if (piece === '') return;
    this.#length += piece.length;
    if (this.#length > this.#maxLineLength) {
      throw new Error(`a line of the input is longer than ${String(this.#maxLineLength)} characters`);
    }
    this.#pieces.push(piece);
  }

  #takeLine(): string {
    const line = this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
