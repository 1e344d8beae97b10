import { normalise, number, string } from '../options.js';
import { MAX_CONTROL_PAYLOAD } from '../protocol/constants.js';
import type { ConnectionSettings } from './connection-options.js';
import { defaultKeepaliveController, type KeepaliveController } from './keepalive-controller.js';
import {
  KEEPALIVE_DEFAULTS,
  withOptions,
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

/** Begins to watch the peer's life as a connection's settings say. */
export function startBeating(
  target: KeepaliveTarget,
  options: ConnectionSettings,
  usualInterval: number,
): void {
  beat(target, options, settingsOf(options, usualInterval));
}

/** Watches nothing any longer. */
export function stopBeating(target: KeepaliveTarget, settings: ConnectionSettings): void {
  controllerOf(settings).delete(target);
}

/**
 * Keeps one connection's pings: how often they go out by themselves, where it is not as the connection's settings
 * have it, and how long the last one took. Most connections need none.
 */
export class Heartbeat {
  /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
  latency: number | undefined;

  readonly #target: KeepaliveTarget;
  readonly #options: ConnectionSettings;
  #settings: KeepaliveSettings;
  #isBeating: boolean;
  #pinged: { readonly payload: Buffer; readonly at: number } | undefined;

  /** @param isBeating - whether {@link startBeating} has begun it already. */
  constructor(
    target: KeepaliveTarget,
    options: ConnectionSettings,
    usualInterval: number,
    isBeating: boolean,
  ) {
    this.#target = target;
    this.#options = options;
    this.#settings = settingsOf(options, usualInterval);
    this.#isBeating = isBeating;
  }

  /** Begins to watch the peer's life, if that is configured. */
  start(): void {
    this.#isBeating = true;
    beat(this.#target, this.#options, this.#settings);
  }

  /** Watches nothing any longer. */
  stop(): void {
    this.#isBeating = false;
    stopBeating(this.#target, this.#options);
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
    if (this.#isBeating) this.start();
    return configuration;
  }

  /** Notes that a ping goes out. */
  pinged(payload: string | Buffer): void {
    this.#pinged = { payload: Buffer.from(payload), at: performance.now() };
  }

  /** Notes that a pong came. */
  ponged(payload: Buffer): void {
    if (this.#pinged?.payload.equals(payload) !== true) return;
    this.latency = performance.now() - this.#pinged.at;
    this.#pinged = undefined;
  }
}

function beat(target: KeepaliveTarget, options: ConnectionSettings, settings: KeepaliveSettings): void {
  if (settings.interval > 0) controllerOf(options).add(target, settings);
  else stopBeating(target, options);
}

/** Tells who watches the connections of these settings. */
export function controllerOf({ keepaliveController }: ConnectionSettings): KeepaliveController {
  return keepaliveController ?? defaultKeepaliveController;
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
