import { GuardedEmitter } from '../guarded-emitter.js';
import { log } from '../logging.js';
import { check, func, MAX_TIMER_MS, normalise, option, required, type SchemaOf } from '../options.js';
import { DueQueue } from './due-queue.js';
import {
  KEEPALIVE_DEFAULTS,
  KEEPALIVE_SCHEMA,
  KeepaliveEntry,
  type KeepaliveOptions,
  type KeepaliveOwner,
  type KeepaliveSettings,
  type KeepaliveTarget,
  withOptions,
} from './keepalive-entry.js';

export { KeepaliveEntry, type KeepaliveOptions, type KeepaliveSettings, type KeepaliveTarget };

/** Maps the events of a {@link KeepaliveController} to their arguments. */
export interface KeepaliveEvents<T extends KeepaliveTarget = KeepaliveTarget> {
  /** A ping went out. */
  ping: [target: T];
  /** The last ping was answered. */
  pong: [target: T, latencyMs: number];
  /** The target stayed silent past its deadline; it is no longer watched. */
  timeout: [target: T];
}

/** Configures a {@link KeepaliveController}: its clock, and the defaults of its targets. */
export interface KeepaliveControllerOptions extends KeepaliveOptions {
  /** Tells the time in milliseconds and never goes back. @defaultValue `performance.now` */
  readonly clock?: (() => number) | undefined;
}

const CONTROLLER_SCHEMA = {
  ...KEEPALIVE_SCHEMA,
  clock: func(() => performance.now()),
} satisfies SchemaOf<KeepaliveControllerOptions>;

const TARGET = required(
  option(
    'an object with a method ping, not frozen',
    (value): value is KeepaliveTarget =>
      (typeof value === 'object' || typeof value === 'function') &&
      typeof (value as Partial<KeepaliveTarget>).ping === 'function' &&
      Object.isExtensible(value),
  ),
);

/** A timer later than this, in milliseconds, shows that this process stood still, not its peers. */
const STALL_MS = 1000;

/** Deadlines forgiven in a row for that. */
const MAX_GRACES = 3;

/** Targets looked at in one turn of the event loop; the others wait for the next. */
const MAX_LOOKS_PER_TURN = 1000;

/**
 * Keeps targets alive: pings each after an interval without a received octet, and gives it up when it stays silent
 * past the deadline of the pong. Sending postpones no ping, for it proves nothing about the receiver.
 *
 * Any object with a method `ping` will do that is not frozen; hawser's connections use
 * {@link defaultKeepaliveController} unless they are given another. One timer serves all targets, and holds no process
 * open; a wake-up costs as much as the targets that are due. Listeners that throw are logged.
 *
 * Source: websocket(n): configure; RFC 6455 §5.5.2, §5.5.3.
 */
export class KeepaliveController<T extends KeepaliveTarget = KeepaliveTarget> extends GuardedEmitter<
  KeepaliveEvents<T>
> {
  readonly #settings: KeepaliveSettings;
  readonly #owner: KeepaliveOwner<T>;
  /** On a target: its entry here. */
  readonly #entry = Symbol('keepalive');
  readonly #queue = new DueQueue<KeepaliveEntry<T>>();
  /** Entries that are watched and not queued: keepalive is off, or they are about to be given up. */
  readonly #undue = new Set<KeepaliveEntry<T>>();
  #timer: NodeJS.Timeout | undefined;
  /** Due time that the timer was armed for, and when it should fire. */
  #armedFor = Infinity;
  #expectedAt = Infinity;
  #isTicking = false;
  /** What fell due before this moment fell due while the process stood still. */
  #stalledUntil = -Infinity;
  #suspects: KeepaliveEntry<T>[] = [];
  #suspectedAt = 0;

  /** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value. */
  constructor(options?: KeepaliveControllerOptions) {
    super();
    const { clock, ...defaults } = normalise(CONTROLLER_SCHEMA, options, 'KeepaliveControllerOptions');
    this.#settings = withOptions(KEEPALIVE_DEFAULTS, defaults);
    this.#owner = {
      clock,
      changed: (entry) => this.#schedule(entry),
      answered: (entry, latencyMs) => void this.emit('pong', entry.target, latencyMs),
    };
  }

  /** How many targets are watched, those included whose keepalive is off. */
  get size(): number {
    return this.#queue.size + this.#undue.size;
  }

  /**
   * Watches a target from now on; one that is watched already is configured anew.
   * @param options - differences from the controller's own.
   * @returns the handle to report received octets and pongs to.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an object without `ping`, an unknown option or a bad value.
   */
  add(target: T, options?: KeepaliveOptions): KeepaliveEntry<T> {
    check('target', TARGET, target);
    const before = this.get(target);
    if (before !== undefined) {
      before.configure(options);
      return before;
    }
    const entry = new KeepaliveEntry(target, withOptions(this.#settings, options), this.#owner);
    this.#setEntry(target, entry);
    this.#schedule(entry);
    return entry;
  }

  /** Returns the handle of a target, if it is watched. */
  get(target: T): KeepaliveEntry<T> | undefined {
    return (target as object as Record<symbol, KeepaliveEntry<T>> | undefined)?.[this.#entry];
  }

  /** Tells whether a target is watched. */
  has(target: T): boolean {
    return this.get(target) !== undefined;
  }

  /** Notes that octets were received from a target just now; tells whether it is watched. */
  touch(target: T): boolean {
    const entry = this.get(target);
    entry?.touch();
    return entry !== undefined;
  }

  /**
   * Notes that a pong was received from a target just now.
   * @param payload - its payload; left out, it is taken for that of the last ping.
   * @returns milliseconds since the last keepalive ping, if this is the first pong to answer it.
   */
  pong(target: T, payload?: Uint8Array): number | undefined {
    return this.get(target)?.pong(payload);
  }

  /** Watches a target no longer; tells whether it was watched. */
  delete(target: T): boolean {
    const entry = this.get(target);
    if (entry === undefined) return false;
    this.#queue.remove(entry);
    this.#undue.delete(entry);
    this.#setEntry(target, undefined);
    this.#arm();
    return true;
  }

  /** Watches nothing any longer. */
  clear(): void {
    for (const target of this) this.#setEntry(target, undefined);
    this.#queue.clear();
    this.#undue.clear();
    this.#arm();
  }

  /** Iterates over the targets that are watched. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const entry of [...this.#queue, ...this.#undue]) if (this.#isWatched(entry)) yield entry.target;
  }

  #setEntry(target: object, entry: KeepaliveEntry<T> | undefined): void {
    (target as Record<symbol, KeepaliveEntry<T> | undefined>)[this.#entry] = entry;
  }

  #schedule(entry: KeepaliveEntry<T>): void {
    if (!this.#isWatched(entry)) return;
    const at = entry.lookAt;
    if (at === Infinity) {
      this.#setAside(entry);
    } else {
      this.#undue.delete(entry);
      this.#queue.schedule(entry, at);
    }
    this.#arm();
  }

  #isWatched(entry: KeepaliveEntry<T>): boolean {
    return this.get(entry.target) === entry;
  }

  #setAside(entry: KeepaliveEntry<T>): void {
    this.#queue.remove(entry);
    this.#undue.add(entry);
  }

  /** Sees to it that the timer fires in time for the first that is due, and that there is none without need. */
  #arm(): void {
    if (this.#isTicking) return;
    const first = this.#queue.peek();
    // A timer that fires too early does no harm: it finds nothing to do and is armed again.
    if (this.#timer !== undefined && first !== undefined && this.#armedFor <= first.dueAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (first === undefined) return;
    const now = this.#owner.clock();
    const delay = Math.min(Math.max(1, Math.ceil(first.dueAt - now)), MAX_TIMER_MS);
    this.#armedFor = first.dueAt;
    this.#expectedAt = now + delay;
    this.#timer = setTimeout(() => this.#tick(), delay).unref();
  }

  #tick(): void {
    const now = this.#owner.clock();
    this.#timer = undefined;
    this.#noteStall(this.#expectedAt, now);
    this.#isTicking = true;
    for (let looks = 0; looks < MAX_LOOKS_PER_TURN; looks++) {
      const entry = this.#queue.peek();
      if (entry === undefined || entry.dueAt > now) break;
      if (!this.#attend(entry, now)) this.#suspect(entry, now);
    }
    this.#isTicking = false;
    this.#arm();
  }

  /** Does what is due for an entry; returns false if that is to give it up. */
  #attend(entry: KeepaliveEntry<T>, now: number): boolean {
    // Octets came meanwhile, or so many went out that the answer may take longer.
    if (entry.silentUntil > now) this.#schedule(entry);
    else if (!entry.isAwaitingLife || entry.target.isReadingPaused === true) this.#ping(entry);
    else if (entry.dueAt <= this.#stalledUntil && entry.forgive(MAX_GRACES)) this.#ping(entry);
    else return false;
    return true;
  }

  #ping(entry: KeepaliveEntry<T>): void {
    const { target } = entry;
    const text = entry.startPing();
    // Before the call: it may answer, reconfigure or delete at once.
    this.#schedule(entry);
    const failed = (error: unknown): void => log('warn', 'a keepalive ping failed', { err: error });
    try {
      const result = target.ping(text) as PromiseLike<unknown> | undefined;
      if (typeof result?.then === 'function') result.then(undefined, failed);
      this.emit('ping', target);
    } catch (error) {
      failed(error);
    }
  }

  /** Gives the target one turn more: after a blocked event loop its octets may still wait in the kernel. */
  #suspect(entry: KeepaliveEntry<T>, now: number): void {
    this.#setAside(entry);
    if (this.#suspects.push(entry) > 1) return;
    this.#suspectedAt = now;
    setImmediate(() => this.#judge());
  }

  #judge(): void {
    const now = this.#owner.clock();
    const suspects = this.#suspects;
    this.#suspects = [];
    this.#noteStall(this.#suspectedAt, now);
    for (const entry of suspects) {
      if (this.#isWatched(entry) && !this.#attend(entry, now)) this.#giveUp(entry.target);
    }
  }

  #giveUp(target: T): void {
    this.delete(target);
    log('notice', 'a peer stayed silent past its keepalive deadline');
    try {
      target.keepaliveOnTimeout?.();
    } catch (error) {
      log('error', 'keepaliveOnTimeout failed', { err: error });
    }
    this.emit('timeout', target);
  }

  #noteStall(expectedAt: number, now: number): void {
    if (now - expectedAt <= STALL_MS) return;
    this.#stalledUntil = now;
    log('warn', 'the event loop stood still; keepalive deadlines start anew', {
      ms: Math.round(now - expectedAt),
    });
  }
}

/** Watches hawser's connections that are given no controller of their own. */
export const defaultKeepaliveController = new KeepaliveController();
