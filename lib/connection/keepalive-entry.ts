import { milliseconds, normalise, number, type SchemaOf, string } from '../options.js';
import { DEFAULTS, MAX_CONTROL_PAYLOAD } from '../protocol/constants.js';

/** Is anything that can be kept alive. Only `ping` is needed. */
export interface KeepaliveTarget {
  /** Sends a ping with this text. What it returns is ignored; what it throws or rejects with is logged. */
  ping(data: string): unknown;
  /** Octets handed over for sending so far. They give the pong more time: a slow link has to carry them first. */
  readonly bytesSent?: number | undefined;
  /** Whether reading is paused on our side; while it is, silence proves nothing and no deadline passes. */
  readonly isReadingPaused?: boolean | undefined;
  /** Called at a missed deadline, once the target is no longer watched and before the event `timeout`. */
  keepaliveOnTimeout?(): void;
}

/** Configures the keepalive of one target, or the defaults of a controller. */
export interface KeepaliveOptions {
  /** Seconds without a received octet after which a ping is sent; zero or less: off. @defaultValue 30 */
  readonly interval?: number | undefined;
  /** Text of the pings, at most 125 octets in UTF-8. @defaultValue '' */
  readonly ping?: string | undefined;
  /** Milliseconds to show life after a ping, besides the time for octets sent (64 KiB/s). @defaultValue 20000 */
  readonly pongTimeoutMs?: number | undefined;
}

/** Are keepalive options after their check, all present. */
export interface KeepaliveSettings {
  /** Seconds without a received octet after which a ping is sent; zero or less: off. */
  readonly interval: number;
  /** Text of the pings. */
  readonly ping: string;
  /** Milliseconds to show life after a ping. */
  readonly pongTimeoutMs: number;
}

/** Describes each option of {@link KeepaliveOptions}; what is left out keeps its value. */
export const KEEPALIVE_SCHEMA = {
  interval: number(undefined, { min: -Infinity, max: Infinity }),
  ping: string(undefined, MAX_CONTROL_PAYLOAD),
  pongTimeoutMs: milliseconds(undefined, { min: 1 }),
} satisfies SchemaOf<KeepaliveOptions>;

/** Holds what is in force when nobody says otherwise. */
export const KEEPALIVE_DEFAULTS: KeepaliveSettings = Object.freeze({
  interval: DEFAULTS.keepaliveServer,
  ping: '',
  pongTimeoutMs: DEFAULTS.pongTimeoutMs,
});

/** Settings that were made here, and are whole. */
const whole = new WeakSet<KeepaliveOptions>([KEEPALIVE_DEFAULTS]);

/**
 * Puts new options over settings. Whole settings take their place as they are, so that many targets share them.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export function withOptions(
  settings: KeepaliveSettings,
  options: KeepaliveOptions | undefined,
): KeepaliveSettings {
  if (options === undefined) return settings;
  if (whole.has(options)) return options as KeepaliveSettings;
  const { interval, ping, pongTimeoutMs } = normalise(KEEPALIVE_SCHEMA, options, 'KeepaliveOptions');
  const changed = Object.freeze({
    interval: interval ?? settings.interval,
    ping: ping ?? settings.ping,
    pongTimeoutMs: pongTimeoutMs ?? settings.pongTimeoutMs,
  });
  whole.add(changed);
  return changed;
}

/** Is what an entry needs of its controller. */
export interface KeepaliveOwner<T extends KeepaliveTarget> {
  /** Tells the time in milliseconds; never goes back. */
  readonly clock: () => number;
  /** Is told that the entry is to be looked at earlier or later than was planned. */
  changed(entry: KeepaliveEntry<T>): void;
  /** Is told that the last ping was answered, and after how many milliseconds. */
  answered(entry: KeepaliveEntry<T>, latencyMs: number): void;
}

const BYTES_PER_MS = DEFAULTS.slowestLinkBytesPerSecond / 1000;

/** Due times are rounded up to this share of their period, so that many targets share a wake-up … */
const SLACK_SHARE = 1 / 64;
/** … but are never later than this, in milliseconds. */
const MAX_SLACK_MS = 500;

/** Is a ping that went out and was not answered, or not even followed by an octet. */
interface UnansweredPing {
  readonly at: number;
  readonly text: string;
  /** Whether no octet came since. */
  isAwaitingLife: boolean;
  /** Deadlines forgiven in a row because this process was late itself. */
  graces: number;
}

/**
 * Watches one target; {@link KeepaliveController.add} makes it. Whoever reads for the target calls {@link touch} for
 * each chunk and {@link pong} for each pong; both are cheap, and do nothing once the target is no longer watched.
 */
export class KeepaliveEntry<T extends KeepaliveTarget = KeepaliveTarget> {
  /** The object that is kept alive. */
  readonly target: T;
  /** @internal */
  dueAt = 0;
  /** @internal */
  heapIndex = -1;

  readonly #owner: KeepaliveOwner<T>;
  #settings: KeepaliveSettings;
  /** In whole milliseconds: of many connections each would keep a fraction in a place of its own. */
  #receivedAt: number;
  #sentMark: number;
  #ping: UnansweredPing | undefined;

  /** @internal */
  constructor(target: T, settings: KeepaliveSettings, owner: KeepaliveOwner<T>) {
    this.target = target;
    this.#owner = owner;
    this.#settings = settings;
    this.#receivedAt = Math.ceil(owner.clock());
    this.#sentMark = target.bytesSent ?? 0;
  }

  /** Notes that octets were received just now, whichever they are. */
  // hot path: benchmarks/micro/keepalive-entry
  touch(): void {
    this.#receivedAt = Math.ceil(this.#owner.clock());
    this.#sentMark = this.target.bytesSent ?? 0;
    if (this.#ping !== undefined) this.showLife();
  }

  /**
   * Notes that a pong was received just now.
   * @param payload - its payload; left out, it is taken for that of the last ping.
   * @returns milliseconds since the last keepalive ping, if this is the first pong to answer it.
   */
  pong(payload?: Uint8Array): number | undefined {
    this.touch();
    const ping = this.#ping;
    if (ping === undefined || (payload !== undefined && !Buffer.from(ping.text).equals(payload)))
      return undefined;
    this.#ping = undefined;
    const latencyMs = this.#owner.clock() - ping.at;
    this.#owner.answered(this, latencyMs);
    return latencyMs;
  }

  /**
   * Changes the keepalive, at once; what is left out stays as it is.
   * @returns what is in force now.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; nothing changes.
   */
  configure(options?: KeepaliveOptions): KeepaliveSettings {
    this.#settings = withOptions(this.#settings, options);
    if (this.#settings.interval <= 0 && this.isAwaitingLife) this.showLife();
    else this.#owner.changed(this);
    return this.#settings;
  }

  /** Whether a ping went out and no octet came since. @internal */
  get isAwaitingLife(): boolean {
    return this.#ping?.isAwaitingLife === true;
  }

  /** Forgives a deadline, unless that was done so many times in a row. @returns whether it did. @internal */
  forgive(most: number): boolean {
    const ping = this.#ping;
    if (ping === undefined || ping.graces >= most) return false;
    ping.graces += 1;
    return true;
  }

  /** Notes that a ping is about to go out, and returns its text. @internal */
  startPing(): string {
    const text = this.#settings.ping;
    const graces = this.#ping?.graces ?? 0;
    this.#ping = { at: this.#owner.clock(), text, isAwaitingLife: true, graces };
    return text;
  }

  /** Returns when the silence of this moment has lasted too long; Infinity when nobody minds. @internal */
  get silentUntil(): number {
    const { interval, pongTimeoutMs } = this.#settings;
    if (interval <= 0) return Infinity;
    if (!this.isAwaitingLife) return this.#receivedAt + Math.max(1, interval * 1000);
    const unanswered = (this.target.bytesSent ?? 0) - this.#sentMark || 0;
    return this.#ping!.at + pongTimeoutMs + Math.max(0, unanswered / BYTES_PER_MS);
  }

  /** Returns when to look at it again: at the end of the silence, rounded up. @internal */
  get lookAt(): number {
    const { interval, pongTimeoutMs } = this.#settings;
    const period = this.isAwaitingLife ? pongTimeoutMs : interval * 1000;
    const slack = Math.max(1, Math.floor(Math.min(period * SLACK_SHARE, MAX_SLACK_MS)));
    // Whole numbers: a quotient that is rounded down would be due before it is late, again and again.
    return Math.ceil(Math.ceil(this.silentUntil) / slack) * slack;
  }

  /** Notes that the silence is over. Not private: that would cost each entry a field. @internal */
  showLife(): void {
    const ping = this.#ping!;
    if (!ping.isAwaitingLife) return;
    ping.isAwaitingLife = false;
    ping.graces = 0;
    this.#owner.changed(this);
  }
}
