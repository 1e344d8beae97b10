const NO_OCTETS = Buffer.alloc(0);

/** Keeps the end of what was said, as far as a compressor may refer back to it (RFC 7692 §7.2.3.1). */
export class SlidingWindow {
  /** Octets that it keeps. */
  readonly size: number;
  #buffer: Buffer = NO_OCTETS;
  #length = 0;

  /** @param bits - base-2 logarithm of the octets that it keeps. */
  constructor(bits: number) {
    this.size = 2 ** bits;
  }

  /** Octets of memory that it takes: twice its size at most. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Gives the octets that may be referred to; undefined before there are any. They change with the next call. */
  get dictionary(): Buffer | undefined {
    if (this.#length === 0) return undefined;
    return this.#buffer.subarray(Math.max(0, this.#length - this.size), this.#length);
  }

  /** Adds what was said next. */
  slide(octets: Buffer): void {
    const added = octets.subarray(Math.max(0, octets.length - this.size));
    this.#makeRoom(added.length);
    added.copy(this.#buffer, this.#length);
    this.#length += added.length;
  }

  /** Forgets everything, and frees its memory. */
  clear(): void {
    this.#buffer = NO_OCTETS;
    this.#length = 0;
  }

  /** Grows to twice the window at most, so that octets are moved once for each time that the window is filled. */
  #makeRoom(room: number): void {
    if (this.#length + room <= this.#buffer.length) return;
    const kept = this.dictionary ?? NO_OCTETS;
    const needed = Math.min(this.#length, this.size) + room;
    const capacity = Math.min(Math.max(needed * 2, 1024), this.size * 2);
    const buffer = capacity > this.#buffer.length ? Buffer.allocUnsafeSlow(capacity) : this.#buffer;
    kept.copy(buffer, 0);
    this.#buffer = buffer;
    this.#length = kept.length;
  }
}
