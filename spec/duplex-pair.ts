import { Duplex } from 'node:stream';

type Callback = (error?: Error | null) => void;

/** Is a write that the other end has not been given yet. */
interface PendingWrite {
  readonly chunk: Buffer;
  readonly taken: Callback;
}

/** Configures a pair. */
export interface PairOptions {
  /** Whether a write is read within the call, as some streams in memory do, and not in a later turn, as with sockets. */
  readonly atOnce?: boolean;
}

/**
 * Is one end of a byte stream in memory. What is written to it is taken at once, as a socket with an empty send
 * buffer does, until {@link PairEnd.hold}.
 */
export class PairEnd extends Duplex {
  /** Everything that was written to this end and taken. */
  readonly taken: Buffer[] = [];
  /** How many writes that was. */
  writes = 0;
  /** The end that reads what is written to this one. */
  other!: PairEnd;

  readonly #atOnce: boolean;
  #isHeld = false;
  #pending: PendingWrite[] = [];
  /** Taken and not read yet: chunks, and null for the end. */
  #inFlight: (Buffer | null)[] = [];
  #isScheduled = false;

  constructor({ atOnce = false }: PairOptions) {
    super({ allowHalfOpen: false });
    this.#atOnce = atOnce;
  }

  /** Takes nothing from now on, as a socket does whose peer does not read. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Takes what waits, or only the first few writes of it. */
  release(count = Infinity): void {
    if (count === Infinity) this.#isHeld = false;
    for (const { chunk, taken } of this.#pending.splice(0, count)) this.#take(chunk, taken);
  }

  /** Ends both ends as a connection reset does. */
  reset(): void {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    this.other.destroy(error);
    this.destroy();
  }

  override _read(): void {
    this.other.#deliver();
  }

  override _write(chunk: Buffer, _encoding: string, callback: Callback): void {
    if (this.#isHeld) this.#pending.push({ chunk, taken: callback });
    else this.#take(chunk, callback);
  }

  override _writev(pieces: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'buffer', callback);
  }

  override _final(callback: Callback): void {
    this.#send(null);
    callback();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    for (const { taken } of this.#pending.splice(0)) taken(error ?? new Error('gone'));
    if (!this.writableFinished) this.#send(null);
    callback(error);
  }

  #take(chunk: Buffer, taken: Callback): void {
    this.writes += 1;
    this.taken.push(Buffer.from(chunk));
    this.#send(chunk);
    taken();
  }

  #send(chunk: Buffer | null): void {
    this.#inFlight.push(chunk);
    if (this.#atOnce) this.#deliver();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    while (this.#inFlight.length > 0 && !this.other.destroyed) {
      if (!this.other.push(this.#inFlight.shift())) return;
    }
  }
}

/** Makes the two ends of a byte stream in memory. */
export function duplexPair(options: PairOptions = {}): [PairEnd, PairEnd] {
  const left = new PairEnd(options);
  const right = new PairEnd(options);
  left.other = right;
  right.other = left;
  return [left, right];
}
