/** Octets up to which several runs are joined to one; longer ones leave side by side. */
export const MAX_JOINED_BYTES = 16 * 1024;

/** Those that were followed by others in this turn. */
let followed: SharedOctets[] = [];

/**
 * Are octets that many connections are to send. Nobody may change them. Those who send the same ones one after the
 * other, as after several broadcasts in one turn, come to share the whole.
 */
export class SharedOctets {
  /** How many they are. */
  readonly length: number;
  #parts: readonly Buffer[];
  /** What was added last, and what came of it. */
  #added: SharedOctets | undefined;
  #joined: SharedOctets | undefined;

  constructor(octets: Buffer);
  /** @internal */
  constructor(octets: readonly Buffer[], length: number);
  constructor(octets: Buffer | readonly Buffer[], length?: number) {
    this.#parts = Buffer.isBuffer(octets) ? [octets] : octets;
    this.length = length ?? octets.length;
  }

  /** All octets, in one piece. */
  get octets(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts, this.length)];
    return this.#parts[0]!;
  }

  /**
   * Adds others behind these.
   * @returns both, the same for everybody who asks in this turn; undefined when they are too many to be joined.
   */
  followedBy(others: SharedOctets): SharedOctets | undefined {
    // hot path: benchmarks/micro/output-batch
    if (this.#added === others) return this.#joined;
    const length = this.length + others.length;
    if (length > MAX_JOINED_BYTES) return undefined;
    if (this.#joined === undefined) noteFollowed(this);
    this.#added = others;
    this.#joined = new SharedOctets([...this.#parts, ...others.#parts], length);
    return this.#joined;
  }

  /** Forgets what came behind: nobody will ask for it again. @internal */
  forgetFollowers(): void {
    this.#added = this.#joined = undefined;
  }
}

/** Octets may be kept for long, and would keep with them all that ever came behind. */
function noteFollowed(octets: SharedOctets): void {
  if (followed.length === 0) process.nextTick(forgetFollowers);
  followed.push(octets);
}

function forgetFollowers(): void {
  const all = followed;
  followed = [];
  for (const octets of all) octets.forgetFollowers();
}
