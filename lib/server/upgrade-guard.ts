import type { Duplex } from 'node:stream';

/** Octets that a client may send before it has our answer; more wait in the socket. */
const MAX_EARLY_BYTES = 64 * 1024;
/** Milliseconds that a refused client has to take the answer. */
const LINGER_MS = 2_000;

/**
 * Watches a socket from the request for an upgrade to its answer: errors are caught, octets that come early are
 * kept, and the client's leaving or the deadline ends the wait.
 */
export class UpgradeGuard {
  readonly stream: Duplex;
  readonly #controller = new AbortController();
  readonly #early: Buffer[];
  readonly #timer: NodeJS.Timeout;
  readonly #onGone: () => void;
  #earlyBytes: number;
  #isOver = false;

  /**
   * @param head - octets that were read behind the request.
   * @param timeoutMs - until {@link UpgradeGuard.release} or {@link UpgradeGuard.answer}.
   * @param onGone - called once when the client leaves first.
   * @param onTimeout - called once when the deadline passes first.
   */
  constructor(
    stream: Duplex,
    head: Buffer | undefined,
    timeoutMs: number,
    onGone: () => void,
    onTimeout: () => void,
  ) {
    this.stream = stream;
    this.#early = head === undefined || head.length === 0 ? [] : [head];
    this.#earlyBytes = head?.length ?? 0;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error('the opening handshake took too long'));
      onTimeout();
    }, timeoutMs);
    this.#onGone = onGone;
    stream.on('error', this.#streamOnGone);
    stream.on('close', this.#streamOnGone);
    stream.on('end', this.#streamOnGone);
    stream.on('data', this.#streamOnData);
  }

  /** Aborted when the wait is over before it was answered. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the client was answered, or is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Lets go of the stream, which goes on as a WebSocket. @returns the octets that came early. */
  release(): Buffer {
    this.#end();
    this.stream.pause();
    return Buffer.concat(this.#early);
  }

  /** Answers and ends the socket; what the client sends behind its request is never looked at. */
  answer(response: Buffer): void {
    if (this.#isOver) return;
    this.#end();
    endStream(this.stream, response);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.stream.off('data', this.#streamOnData);
    this.stream.off('end', this.#streamOnGone);
    this.stream.off('close', this.#streamOnGone);
    this.stream.off('error', this.#streamOnGone);
  }

  readonly #streamOnGone = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#controller.abort(new Error('the client left before it was answered'));
    this.stream.on('error', () => undefined);
    this.stream.destroy();
    this.#onGone();
  };

  readonly #streamOnData = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.stream.pause();
  };
}

/** Writes a last response and ends the stream, whether the client takes it or not; never throws. */
export function endStream(stream: Duplex, response: Buffer): void {
  const timer = setTimeout(() => stream.destroy(), LINGER_MS);
  stream.on('error', () => stream.destroy());
  stream.on('close', () => clearTimeout(timer));
  stream.on('end', () => stream.destroy());
  stream.end(response);
  // Unread octets would turn our FIN into a RST, which may overtake the response.
  stream.resume();
}
