import { normalise, number, string } from '../options.js';
import { MAX_CONTROL_PAYLOAD } from '../protocol/constants.js';
import type { ConnectionSettings } from './connection-options.js';
import { defaultKeepaliveController, type KeepaliveController } from './keepalive-controller.js';
import {
  KEEPALIVE_DEFAULTS,
  withOptions,
  type KeepaliveEntry,
  type KeepaliveSettings,
  type KeepaliveTarget,
} from './keepalive-entry.js';

/** Is what `configure` changes and returns (websocket(n): configure). */
export interface KeepaliveConfiguration {
  /** Seconds without a received octet after which a ping is sent; zero or less: off. */
  readonly keepalive: number;
  /** Text of the keepalive pings. */
  readonly ping: string;
}

/** Keeps one connection's pings: how often they go out by themselves, and how long the last one took. */
export class Heartbeat {
  /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
  latency: number | undefined;

  readonly #target: KeepaliveTarget;
  readonly #controller: KeepaliveController;
  #settings: KeepaliveSettings;
  /** Present while the connection is open and keepalive is on. */
  #entry: KeepaliveEntry | undefined;
  #isBeating = false;
  #pinged: { readonly payload: Buffer; readonly at: number } | undefined;

  constructor(target: KeepaliveTarget, settings: ConnectionSettings, usualInterval: number) {
    this.#target = target;
    this.#controller = settings.keepaliveController ?? defaultKeepaliveController;
    this.#settings = settingsOf(settings, usualInterval);
  }

  /** Begins to watch the peer's life, if that is configured. */
  start(): void {
    this.#isBeating = true;
    this.#apply();
  }

  /** Watches nothing any longer. */
  stop(): void {
    this.#isBeating = false;
    if (this.#entry !== undefined) this.#controller.delete(this.#target);
    this.#entry = undefined;
  }

  /** Changes what is named, at once. @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`); nothing changes then. */
  configure(options: Partial<KeepaliveConfiguration> | undefined): KeepaliveConfiguration {
    const { interval, ping } = this.#settings;
    const schema = { keepalive: number(interval), ping: string(ping, MAX_CONTROL_PAYLOAD) };
    const configuration = normalise(schema, options, 'KeepaliveConfiguration');
    this.#settings = withOptions(this.#settings, {
      interval: configuration.keepalive,
      ping: configuration.ping,
    });
    if (this.#isBeating) this.#apply();
    return configuration;
  }

  /** Notes that octets came. */
  touch(): void {
    this.#entry?.touch();
  }

  /** Notes that a ping goes out. */
  pinged(payload: string | Buffer): void {
    this.#pinged = { payload: Buffer.from(payload), at: performance.now() };
  }

  /** Notes that a pong came. */
  ponged(payload: Buffer): void {
    this.#entry?.pong(payload);
    if (this.#pinged?.payload.equals(payload) !== true) return;
    this.latency = performance.now() - this.#pinged.at;
    this.#pinged = undefined;
  }

  #apply(): void {
    if (this.#settings.interval > 0) {
      this.#entry = this.#controller.add(this.#target, this.#settings);
    } else if (this.#entry !== undefined) {
      this.#controller.delete(this.#target);
      this.#entry = undefined;
    }
  }
}

/** What connections of the same settings begin with: they share it. */
const shared = new WeakMap<ConnectionSettings, KeepaliveSettings>();

function settingsOf(settings: ConnectionSettings, usualInterval: number): KeepaliveSettings {
  const { keepalive: interval = usualInterval, ping, pongTimeoutMs } = settings;
  const known = shared.get(settings);
  if (known?.interval === interval) return known;
  const own = withOptions(KEEPALIVE_DEFAULTS, { interval, ping, pongTimeoutMs });
  shared.set(settings, own);
  return own;
}
