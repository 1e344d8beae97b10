const LENGTH = 64 * 1024;
/** Most octets of a part that is kept for the next time: to make one costs more than to fill it. */
const MAX_KEPT = 256;

/**
 * Serves every batch while its connection handles a chunk: only one does at a time, and what was put in is
 * written, or copied out, when the chunk is done.
 */
export class SharedSlab {
  /** Room for frames. */
  octets = Buffer.allocUnsafeSlow(LENGTH);
  /** Whether a batch is using it. */
  isTaken = false;

  /** Parts from the start on, by their length. */
  #parts: (Buffer | undefined)[] = [];

  /** Gives some of its octets; once they are written the same part may be given again. */
  part(start: number, end: number): Buffer {
    // hot path: benchmarks/micro/output-batch
    if (start > 0 || end > MAX_KEPT) return this.octets.subarray(start, end);
    return (this.#parts[end] ??= this.octets.subarray(0, end));
  }

  /** Leaves its octets to a stream that still has to send them, and goes on with others. */
  renew(): void {
    this.octets = Buffer.allocUnsafeSlow(LENGTH);
    this.isTaken = false;
    this.#parts = [];
  }
}

/** Is the only one. */
export const sharedSlab = new SharedSlab();
