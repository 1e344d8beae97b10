import { ClosingState } from '../protocol/closing-state.js';
import { Heartbeat, controllerOf, keepaliveOf, type KeepaliveConfiguration } from './heartbeat.js';
import type { KeepaliveSettings } from './keepalive-entry.js';
import { MessageStream } from './message-stream.js';
import { ROLE_RULES, type Role, type RoleRules } from './role.js';

/** Is a stream of messages whose peer is watched for life. */
export abstract class WatchedStream extends MessageStream {
  /** Role of this end. */
  abstract get role(): Role;

  /** @internal */
  get roleRules(): RoleRules {
    return ROLE_RULES[this.role];
  }

  /** Made when somebody pings, or asks for it. */
  #heartbeat: Heartbeat | undefined;

  /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
  get latency(): number | undefined {
    return this.#heartbeat?.latency;
  }

  /**
   * Changes the keepalive, at once, or queries it when called with nothing (websocket(n): configure).
   * @param options - `keepalive` in seconds, zero or less for off; `ping`, the text of the pings.
   * @returns what is in force.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; nothing changes.
   */
  configure(options?: Partial<KeepaliveConfiguration>): KeepaliveConfiguration {
    const configuration = this.heartbeat.configure(options);
    if (options === undefined) return configuration;
    if (configuration.keepalive <= 0) this.stopHeartbeat();
    else if (this.session?.state === ClosingState.OPEN) this.startHeartbeat();
    return configuration;
  }

  /** Sends a ping. */
  abstract ping(data?: string): number;

  /** @internal */
  protected get heartbeat(): Heartbeat {
    return (this.#heartbeat ??= new Heartbeat(this.keepaliveSettings));
  }

  private get keepaliveSettings(): KeepaliveSettings {
    return this.#heartbeat?.settings ?? keepaliveOf(this.settings, this.roleRules.keepalive);
  }

  /** Watches the peer's life from now on, if that is configured. @internal */
  protected startHeartbeat(): void {
    const settings = this.keepaliveSettings;
    if (settings.interval > 0) controllerOf(this.settings).add(this, settings);
  }

  /** Watches the peer's life no longer. @internal */
  stopHeartbeat(): void {
    controllerOf(this.settings).delete(this);
  }

  /** Notes that octets came. @internal */
  touched(): void {
    controllerOf(this.settings).touch(this);
  }

  /** Notes that a pong came. @internal */
  ponged(payload: Buffer): void {
    controllerOf(this.settings).pong(this, payload);
    this.#heartbeat?.ponged(payload);
  }
}
