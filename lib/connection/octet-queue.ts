const NO_OCTETS = Buffer.alloc(0);
/** Places that may be used up before the queue is cut. */
const MAX_USED_PLACES = 1024;

/** Queues buffers that wait to be written, by reference. */
export class OctetQueue {
  /** Octets that wait. */
  byteLength = 0;

  #buffers: Buffer[] = [];
  /** Length of each buffer; a caller who detaches its memory changes the buffer's own. */
  #lengths: number[] = [];
  /** Index of the first buffer that waits. */
  #head = 0;

  /** Adds a buffer behind the others. */
  push(octets: Buffer): void {
    this.#buffers.push(octets);
    this.#lengths.push(octets.length);
    this.byteLength += octets.length;
  }

  /** Takes the only buffer out, as after a broadcast; nothing if there are more, or it is longer than that. */
  takeOnly(most: number): Buffer | undefined {
    // hot path: benchmarks/micro/output-batch
    const octets = this.#buffers[0]!;
    const length = this.#lengths[0]!;
    if (this.#buffers.length > 1 || length > most || octets.length !== length) return undefined;
    this.#buffers.length = this.#lengths.length = this.byteLength = 0;
    return octets;
  }

  /** Takes the next octets out, at most so many. Returns nothing when memory handed in by reference is not as it was. */
  take(most: number): Buffer[] | undefined {
    const buffers = this.#buffers;
    const lengths = this.#lengths;
    const group: Buffer[] = [];
    let room = most;
    while (room > 0 && this.#head < buffers.length) {
      const next = buffers[this.#head]!;
      const length = lengths[this.#head]!;
      if (next.length !== length) return undefined;
      if (length <= room) {
        group.push(next);
        buffers[this.#head++] = NO_OCTETS;
        room -= length;
      } else {
        group.push(next.subarray(0, room));
        buffers[this.#head] = next.subarray(room);
        lengths[this.#head] = length - room;
        room = 0;
      }
    }
    this.byteLength -= most - room;
    if (this.#head === buffers.length || this.#head >= MAX_USED_PLACES) {
      buffers.splice(0, this.#head);
      lengths.splice(0, this.#head);
      this.#head = 0;
    }
    return group;
  }
}
