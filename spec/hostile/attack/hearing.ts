import type { Socket } from 'node:net';
import { happens } from './attacker.js';

/** Is a frame as it came. */
export interface HeardFrame {
  /** First octet: FIN, RSV1 to RSV3, opcode. */
  readonly first: number;
  readonly payload: Buffer;
}

/** Reads what a victim sends on one connection, frame by frame. */
export class Hearing {
  readonly frames: HeardFrame[] = [];
  /** Code of the Close that came; undefined if there was none, 1005 if it was empty. */
  closeCode: number | undefined;
  /** Whether nothing more comes: the victim has ended its direction, or the connection is gone. */
  isOver = false;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => (this.isOver = true));
    socket.on('close', () => (this.isOver = true));
    socket.resume();
  }

  /** Counts the frames of an opcode. */
  count(opcode: number): number {
    return this.frames.filter(({ first }) => (first & 0x0f) === opcode).length;
  }

  /** Waits until there is what is wanted, or nothing more comes, or the time is over; tells whether it is there. */
  async until(wanted: () => boolean, milliseconds = 10_000): Promise<boolean> {
    const end = performance.now() + milliseconds;
    while (!wanted() && !this.isOver && performance.now() < end)
      await happens(this.#socket, ['data', 'end', 'close'], end - performance.now());
    return wanted();
  }

  /** Waits until nothing more comes; tells whether that came to pass in time. */
  over(milliseconds = 10_000): Promise<boolean> {
    return this.until(() => this.isOver, milliseconds);
  }

  #take(chunk: Buffer): void {
    let octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = firstFrame(octets);
      if (frame === undefined) break;
      const { payload, length } = frame;
      this.frames.push({ first: octets[0]!, payload });
      if ((octets[0]! & 0x0f) === 8) this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE();
      octets = octets.subarray(length);
    }
    this.#rest = octets;
  }
}

/** Reads the frame that octets begin with, masked or not; undefined when it is not complete. */
function firstFrame(octets: Buffer): { payload: Buffer; length: number } | undefined {
  if (octets.length < 2) return undefined;
  const isMasked = octets[1]! >= 0x80;
  let length = octets[1]! & 0x7f;
  let start = 2;
  if (length >= 126) {
    const size = length === 126 ? 2 : 8;
    if (octets.length < start + size) return undefined;
    length = size === 2 ? octets.readUInt16BE(start) : Number(octets.readBigUInt64BE(start));
    start += size;
  }
  const key = isMasked ? octets.subarray(start, start + 4) : undefined;
  if (isMasked) start += 4;
  const end = start + length;
  if (octets.length < end) return undefined;
  const payload = Buffer.from(octets.subarray(start, end));
  if (key !== undefined) for (let i = 0; i < length; i++) payload[i]! ^= key[i % 4]!;
  return { payload, length: end };
}
