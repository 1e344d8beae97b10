import { normalise, number, string } from '../options.js';
import { MAX_CONTROL_PAYLOAD } from '../protocol/constants.js';
import type { ConnectionSettings } from './connection-options.js';
import { defaultKeepaliveController, type KeepaliveController } from './keepalive-controller.js';
import { KEEPALIVE_DEFAULTS, withOptions, type KeepaliveSettings } from './keepalive-entry.js';

/** Is what `configure` changes and returns (websocket(n): configure). */
export interface KeepaliveConfiguration {
  /** Seconds without a received octet after which a ping is sent; zero or less: off. */
  readonly keepalive: number;
  /** Text of the keepalive pings. */
  readonly ping: string;
}

/** Is what a connection knows of its pings, once there were any, or other settings for them. */
export class Heartbeat {
  /** How those go out that keep the connection alive. */
  settings: KeepaliveSettings;
  /** A whole number has no memory of its own. */
  #latencyMicros: number | undefined;
  #pinged: { readonly payload: Buffer; readonly at: number } | undefined;

  /** @param settings - what is in force so far. */
  constructor(settings: KeepaliveSettings) {
    this.settings = settings;
  }

  /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
  get latency(): number | undefined {
    return this.#latencyMicros === undefined ? undefined : this.#latencyMicros / 1000;
  }

  /** Changes what is named. @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`); nothing changes then. */
  configure(options: Partial<KeepaliveConfiguration> | undefined): KeepaliveConfiguration {
    const { interval, ping } = this.settings;
    const schema = { keepalive: number(interval), ping: string(ping, MAX_CONTROL_PAYLOAD) };
    const configuration = normalise(schema, options, 'KeepaliveConfiguration');
    this.settings = withOptions(this.settings, {
      interval: configuration.keepalive,
      ping: configuration.ping,
    });
    return configuration;
  }

  /** Notes that a ping goes out. */
  pinged(payload: string | Buffer): void {
    this.#pinged = { payload: Buffer.from(payload), at: performance.now() };
  }

  /** Notes that a pong came. */
  ponged(payload: Buffer): void {
    if (this.#pinged?.payload.equals(payload) !== true) return;
    this.#latencyMicros = Math.round((performance.now() - this.#pinged.at) * 1000);
    this.#pinged = undefined;
  }
}

/** Tells who watches the connections of these settings. */
export function controllerOf({ keepaliveController }: ConnectionSettings): KeepaliveController {
  return keepaliveController ?? defaultKeepaliveController;
}

/** What connections of the same settings begin with: they share it. */
const shared = new WeakMap<ConnectionSettings, KeepaliveSettings>();

/** Tells how connections of these settings begin. */
export function keepaliveOf(settings: ConnectionSettings, usualInterval: number): KeepaliveSettings {
  const { keepalive: interval = usualInterval, ping, pongTimeoutMs } = settings;
  const known = shared.get(settings);
  if (known?.interval === interval) return known;
  const own = withOptions(KEEPALIVE_DEFAULTS, { interval, ping, pongTimeoutMs });
  shared.set(settings, own);
  return own;
}
