import type { ConnectionSettings } from './connection-options.js';
import { type KeepaliveController } from './keepalive-controller.js';
import { type KeepaliveTarget } from './keepalive-entry.js';
/** Is what `configure` changes and returns (websocket(n): configure). */
export interface KeepaliveConfiguration {
    /** Seconds without a received octet after which a ping is sent; zero or less: off. */
    readonly keepalive: number;
    /** Text of the keepalive pings. */
    readonly ping: string;
}
/** Begins to watch the peer's life as a connection's settings say. */
export declare function startBeating(target: KeepaliveTarget, options: ConnectionSettings, usualInterval: number): void;
/** Watches nothing any longer. */
export declare function stopBeating(target: KeepaliveTarget, settings: ConnectionSettings): void;
/**
 * Keeps one connection's pings: how often they go out by themselves, where it is not as the connection's settings
 * have it, and how long the last one took. Most connections need none.
 */
export declare class Heartbeat {
    #private;
    /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
    latency: number | undefined;
    /** @param isBeating - whether {@link startBeating} has begun it already. */
    constructor(target: KeepaliveTarget, options: ConnectionSettings, usualInterval: number, isBeating: boolean);
    /** Begins to watch the peer's life, if that is configured. */
    start(): void;
    /** Watches nothing any longer. */
    stop(): void;
    /** Changes what is named, at once. @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`); nothing changes then. */
    configure(options: Partial<KeepaliveConfiguration> | undefined): KeepaliveConfiguration;
    /** Notes that a ping goes out. */
    pinged(payload: string | Buffer): void;
    /** Notes that a pong came. */
    ponged(payload: Buffer): void;
}
/** Tells who watches the connections of these settings. */
export declare function controllerOf({ keepaliveController }: ConnectionSettings): KeepaliveController;
