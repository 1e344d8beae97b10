import type { Socket } from 'node:net';

/** Is the place of one socket in a {@link WaitingLine}, which alone writes it. */
export interface Waiting {
  readonly socket: Socket;
  /** What its owner knows it by. */
  readonly place: string | undefined;
  /** When its time is up, in milliseconds on the clock of `performance.now`. */
  readonly dueAt: number;
  isOver: boolean;
  ahead: Waiting | undefined;
  behind: Waiting | undefined;
}

/**
 * Lets sockets wait, each for so long, and destroys those whose time is up. One timer serves all of them: Node's own
 * cost more than the rest of a short wait, mostly where one at a time comes and goes.
 */
export class WaitingLine implements Iterable<Waiting> {
  /** How many sockets wait. */
  length = 0;

  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #firesAt = Infinity;

  /** The socket whose time is up first. */
  get first(): Waiting | undefined {
    return this.#first;
  }

  /** Lets a socket wait, behind those whose time is up no later. */
  add(socket: Socket, place: string | undefined, timeoutMs: number): Waiting {
    const now = performance.now();
    const dueAt = now + timeoutMs;
    let ahead = this.#last;
    while (ahead !== undefined && ahead.dueAt > dueAt) ahead = ahead.ahead;
    const behind = ahead === undefined ? this.#first : ahead.behind;
    const waiting: Waiting = { socket, place, dueAt, isOver: false, ahead, behind };
    if (ahead === undefined) this.#first = waiting;
    else ahead.behind = waiting;
    if (behind === undefined) this.#last = waiting;
    else behind.ahead = waiting;
    this.length += 1;
    if (dueAt < this.#firesAt) this.#arm(dueAt, now);
    return waiting;
  }

  /** Lets a socket wait no longer. */
  remove(waiting: Waiting): void {
    if (waiting.isOver) return;
    waiting.isOver = true;
    const { ahead, behind } = waiting;
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    waiting.ahead = waiting.behind = undefined;
    this.length -= 1;
    // The timer stays as it is: it finds nothing due, or the next one comes before it fires.
  }

  /** Lets nobody wait any more. */
  clear(): void {
    for (const waiting of this) this.remove(waiting);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  /** Iterates over those that wait; each may be removed meanwhile. */
  *[Symbol.iterator](): IterableIterator<Waiting> {
    let waiting = this.#first;
    while (waiting !== undefined) {
      const { behind }: Waiting = waiting;
      yield waiting;
      waiting = behind;
    }
  }

  #arm(firesAt: number, now: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = firesAt;
    // The sockets hold the process open, as long as there are any.
    this.#timer = setTimeout(() => this.#timerOnTimeout(), Math.max(1, Math.ceil(firesAt - now))).unref();
  }

  #timerOnTimeout(): void {
    const now = performance.now();
    this.#firesAt = Infinity;
    for (;;) {
      const first = this.#first;
      if (first === undefined) return;
      if (first.dueAt > now) {
        this.#arm(first.dueAt, now);
        return;
      }
      this.remove(first);
      first.socket.destroy();
    }
  }
}
