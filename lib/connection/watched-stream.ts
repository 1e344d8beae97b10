import { ClosingState } from '../protocol/closing-state.js';
import {
  Heartbeat,
  controllerOf,
  startBeating,
  stopBeating,
  type KeepaliveConfiguration,
} from './heartbeat.js';
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
    return this.heartbeat.configure(options);
  }

  /** Sends a ping. */
  abstract ping(data?: string): number;

  /** @internal */
  protected get heartbeat(): Heartbeat {
    const isBeating = this.session?.state === ClosingState.OPEN;
    return (this.#heartbeat ??= new Heartbeat(this, this.settings, this.roleRules.keepalive, isBeating));
  }

  /** Begins to watch the peer's life, if that is configured. @internal */
  protected startHeartbeat(): void {
    if (this.#heartbeat === undefined) startBeating(this, this.settings, this.roleRules.keepalive);
    else this.#heartbeat.start();
  }

  /** Watches the peer's life no longer. @internal */
  stopHeartbeat(): void {
    if (this.#heartbeat === undefined) stopBeating(this, this.settings);
    else this.#heartbeat.stop();
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
