import type { Duplex } from 'node:stream';

/** Octets that a client may send before it has our answer; more wait in the socket. */
const MAX_EARLY_BYTES = 64 * 1024;

/** Is told why a wait is over, unless it is by an answer: one of these is called, once. */
export interface GuardEvents {
  /** The client has left; its stream is destroyed. */
  gone(): void;
  /** The deadline has passed; the client waits on. */
  timedOut(): void;
}

/**
 * Watches a stream from the request for an upgrade to its answer: errors are caught, octets that come early are
 * kept, and the client's leaving or the deadline aborts the signal.
 */
export class UpgradeGuard {
  readonly stream: Duplex;
  /** Made when somebody asks for its signal. */
  #controller: AbortController | undefined;
  /** Says why the signal is aborted. */
  #reason: string | undefined;
  readonly #events: GuardEvents;
  readonly #early: Buffer[];
  readonly #timer: NodeJS.Timeout;
  #earlyBytes: number;
  #isOver = false;

  /**
   * @param head - octets that were read behind the request.
   * @param timeoutMs - until {@link UpgradeGuard.release}.
   */
  constructor(stream: Duplex, head: Buffer | undefined, timeoutMs: number, events: GuardEvents) {
    this.stream = stream;
    this.#events = events;
    this.#early = head === undefined ? [] : [head];
    this.#earlyBytes = head?.length ?? 0;
    this.#timer = setTimeout(this.#timerOnTimeout, timeoutMs);
    stream.on('error', this.#streamOnGone);
    stream.on('close', this.#streamOnGone);
    stream.on('end', this.#streamOnGone);
    stream.on('data', this.#streamOnData);
  }

  /** Aborted when the wait ends without an answer. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether the wait is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Lets go of the stream, for its answer. @returns the octets that came early. */
  release(): Buffer {
    this.#end();
    this.stream.pause();
    return Buffer.concat(this.#early);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.stream.off('data', this.#streamOnData);
    this.stream.off('end', this.#streamOnGone);
    this.stream.off('close', this.#streamOnGone);
    this.stream.off('error', this.#streamOnGone);
  }

  #abort(reason: string): void {
    this.#reason = reason;
    this.#controller?.abort(new Error(reason));
  }

  readonly #timerOnTimeout = (): void => {
    this.#abort('the opening handshake took too long');
    // A listener of the signal may have answered.
    if (!this.#isOver) this.#events.timedOut();
  };

  readonly #streamOnGone = (): void => {
    this.#end();
    this.stream.on('error', ignoreError);
    this.stream.destroy();
    this.#abort('the client left before it was answered');
    this.#events.gone();
  };

  readonly #streamOnData = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.stream.pause();
  };
}

function ignoreError(): void {
  // The stream was given up already.
}
