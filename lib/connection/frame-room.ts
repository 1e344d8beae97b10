import { sharedSlab } from './shared-slab.js';

/** Takes the place of a slab where there is none. */
export const NO_OCTETS = Buffer.alloc(0);
const OWN_SLAB = 4 * 1024;

/**
 * Is the room that frames are written into before they leave: the shared slab within a turn, and where several leave
 * soon; else some of its own.
 */
export abstract class FrameRoom {
  slab: Buffer = NO_OCTETS;

  /** Part of the slab that is filled and waits behind all else. */
  protected slabStart = 0;
  protected slabEnd = 0;
  /** Whether a read callback is running. */
  protected inTurn = false;

  /** Takes the octets that were written into the slab out of it; nobody changes them any more. */
  protected abstract enqueue(octets: Buffer): void;
  /** Whether what is filled may have to wait for long. */
  abstract get isStalled(): boolean;

  protected get isSlabEmpty(): boolean {
    return this.slabEnd === this.slabStart;
  }

  protected get isSlabShared(): boolean {
    return this.slab === sharedSlab.octets;
  }

  /** Makes room behind what is filled. @returns where it starts. */
  protected fill(length: number): number {
    // hot path: benchmarks/micro/output-batch
    if (this.slab.length - this.slabEnd < length) this.#renewSlab(length);
    const start = this.slabEnd;
    this.slabEnd = start + length;
    return start;
  }

  /** Makes room for what will not be sent. */
  protected fillNowhere(length: number): number {
    this.dropSlab();
    this.slab = Buffer.allocUnsafe(length);
    return 0;
  }

  protected dropSlab(): void {
    this.commitSlab();
    this.forgetSlab();
  }

  /** Lets go of the slab, and of what is in it. */
  protected forgetSlab(): void {
    if (this.isSlabShared) sharedSlab.isTaken = false;
    this.slab = NO_OCTETS;
    this.slabStart = this.slabEnd = 0;
  }

  /** Moves what the slab holds to what waits before it; out of the shared slab by copy. */
  protected commitSlab(): void {
    if (this.isSlabEmpty) return;
    const part = this.slab.subarray(this.slabStart, this.slabEnd);
    this.slabStart = this.slabEnd;
    this.enqueue(this.isSlabShared ? Buffer.from(part) : part);
  }

  #renewSlab(length: number): void {
    const isFirst = this.slab === NO_OCTETS;
    const waiting = this.slabEnd - this.slabStart;
    if (waiting > 0 && waiting + length <= OWN_SLAB && !this.isSlabShared) {
      this.#moveOn(waiting);
      return;
    }
    this.dropSlab();
    if (this.inTurn && length <= sharedSlab.octets.length && isFirst && !sharedSlab.isTaken) {
      this.slab = sharedSlab.octets;
      sharedSlab.isTaken = true;
    } else {
      // A lone frame gets just its room, from Node's pool; more of them share a slab.
      this.slab = Buffer.allocUnsafe(isFirst ? length : Math.max(length, OWN_SLAB));
    }
  }

  /** Takes what waits along, so that it leaves in one piece with what follows. */
  #moveOn(waiting: number): void {
    const isShared = !sharedSlab.isTaken && !this.isStalled;
    const slab = isShared ? sharedSlab.octets : Buffer.allocUnsafe(OWN_SLAB);
    if (isShared) sharedSlab.isTaken = true;
    this.slab.copy(slab, 0, this.slabStart, this.slabEnd);
    this.slab = slab;
    this.slabStart = 0;
    this.slabEnd = waiting;
  }
}
