import type { ConnectionSettings } from './connection-options.js';
import { type KeepaliveTarget } from './keepalive-entry.js';
/** Is what `configure` changes and returns (websocket(n): configure). */
export interface KeepaliveConfiguration {
    /** Seconds without a received octet after which a ping is sent; zero or less: off. */
    readonly keepalive: number;
    /** Text of the keepalive pings. */
    readonly ping: string;
}
/** Keeps one connection's pings: how often they go out by themselves, and how long the last one took. */
export declare class Heartbeat {
    #private;
    /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
    latency: number | undefined;
    constructor(target: KeepaliveTarget, settings: ConnectionSettings, usualInterval: number);
    /** Begins to watch the peer's life, if that is configured. */
    start(): void;
    /** Watches nothing any longer. */
    stop(): void;
    /** Changes what is named, at once. @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`); nothing changes then. */
    configure(options: Partial<KeepaliveConfiguration> | undefined): KeepaliveConfiguration;
    /** Notes that octets came. */
    touch(): void;
    /** Notes that a ping goes out. */
    pinged(payload: string | Buffer): void;
    /** Notes that a pong came. */
    ponged(payload: Buffer): void;
}
