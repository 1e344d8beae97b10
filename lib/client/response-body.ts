/** Collects the start of a response's body, for the error that tells of it. */
export class ResponseBody {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  /** @param limit - most octets that are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds what came next, as far as there is room. @returns whether there was. */
  add(chunk: Buffer): boolean {
    const part = chunk.subarray(0, this.#limit - this.#length);
    this.#chunks.push(part);
    this.#length += part.length;
    return part.length === chunk.length;
  }

  /** All that was kept. */
  get octets(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Shows the first line behind a colon; nothing of a body that is no text. */
  describe(): string {
    const line = /^[^\r\n]{1,120}/.exec(this.octets.toString('utf8', 0, 480))?.[0] ?? '';
    // A body may try to write to the reader's terminal.
    return line === '' || /[\x00-\x08\x0b-\x1f\x7f\ufffd]/.test(line) ? '' : `: ${line}`;
  }
}
