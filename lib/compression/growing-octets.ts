/** Octets for which room is set aside at first; no memory is used for it. */
const FIRST_ROOM = 16 * 1024 * 1024;
const STEP = 256 * 1024;

/** Is memory that can change its size in place, within room that is set aside; TypeScript's library does not know it yet. */
type Resizable = ArrayBuffer & { resize(length: number): void; readonly maxByteLength: number };

const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => Resizable;

/** Collects octets in one place that grows, and gives its memory back at once. */
export class GrowingOctets {
  length = 0;
  #memory: Resizable | undefined;

  /** Adds octets behind the others. They are copied: what they came in is free. */
  push(octets: Buffer): void {
    const needed = this.length + octets.length;
    const memory = this.#withRoom(needed);
    new Uint8Array(memory).set(octets, this.length);
    this.length = needed;
  }

  /** Gives all octets in a buffer of their own, and the memory back. */
  take(): Buffer {
    const octets = Buffer.allocUnsafeSlow(this.length);
    if (this.#memory !== undefined) octets.set(new Uint8Array(this.#memory, 0, this.length));
    this.clear();
    return octets;
  }

  /** Gives the memory back. */
  clear(): void {
    this.#memory?.resize(0);
    this.#memory = undefined;
    this.length = 0;
  }

  #withRoom(needed: number): Resizable {
    let memory = this.#memory;
    if (memory === undefined || memory.maxByteLength < needed) {
      const before = memory;
      memory = new ResizableBuffer(0, { maxByteLength: Math.max(FIRST_ROOM, 2 * needed) });
      if (before !== undefined) {
        memory.resize(this.length);
        new Uint8Array(memory).set(new Uint8Array(before, 0, this.length));
        before.resize(0);
      }
      this.#memory = memory;
    }
    if (memory.byteLength < needed) {
      memory.resize(Math.min(memory.maxByteLength, Math.ceil(needed / STEP) * STEP));
    }
    return memory;
  }
}
