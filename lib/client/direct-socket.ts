import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { DirectReading, OctetTaker } from '../connection/open-stream.js';

/** Is where all of them read into: what comes is taken out before the next one reads. */
const room = Buffer.allocUnsafeSlow(64 * 1024);

/** Octets that share an allocation: so few that messages may stay in it, where Node's own pool has too many. */
const SLAB_BYTES = 8 * 1024;

let slab = Buffer.alloc(0);
let slabUsed = 0;

/**
 * Is a plain socket that reads past Node's stream (`onread` of `net.connect`), into room that all of its kind share.
 *
 * The stream is still there. Until {@link DirectSocket.begin} it gets all octets, so that Node's own HTTP client reads
 * the response, within its bounds. Later it gets what comes while it is paused, up to its high water mark: the end of
 * the peer is noticed then as with any other socket.
 */
export class DirectSocket implements DirectReading {
  readonly socket: Socket;
  #taker: OctetTaker | undefined;

  /**
   * Dials.
   * @param options - as for `net.connect`.
   * @throws whatever Node says of them.
   */
  constructor(options: NetConnectOpts) {
    const callback = (length: number): boolean => this.#socketOnRead(length);
    this.socket = connect({ ...options, onread: { buffer: room, callback } });
  }

  begin(taker: OctetTaker): void {
    this.#taker = taker;
    this.socket.on('pause', readOn);
  }

  /** Returns whether more may come. */
  #socketOnRead(length: number): boolean {
    // hot path: benchmarks/micro/receiver
    const { socket } = this;
    const octets = room.subarray(0, length);
    // Where it does not flow, what comes goes behind what waits there.
    if (this.#taker === undefined || socket.readableFlowing !== true) return socket.push(copy(octets));
    this.#taker.push(this.#taker.keepsNone(length) ? octets : copy(octets));
    return true;
  }
}

function copy(octets: Buffer): Buffer {
  // hot path: benchmarks/micro/receiver
  const { length } = octets;
  const start = slabUsed;
  if (length > slab.length - start) {
    if (length > SLAB_BYTES / 2) return Buffer.from(octets);
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
    return copy(octets);
  }
  slabUsed = start + length;
  slab.set(octets, start);
  return slab.subarray(start, slabUsed);
}

/** Such a socket, unlike others, reads nothing at all when paused. */
function readOn(this: Socket): void {
  this.read(0);
}
