import type { ConnectionSettings } from './connection-options.js';
import { type KeepaliveController } from './keepalive-controller.js';
import { type KeepaliveSettings } from './keepalive-entry.js';
/** Is what `configure` changes and returns (websocket(n): configure). */
export interface KeepaliveConfiguration {
    /** Seconds without a received octet after which a ping is sent; zero or less: off. */
    readonly keepalive: number;
    /** Text of the keepalive pings. */
    readonly ping: string;
}
/** Is what a connection knows of its pings, once there were any, or other settings for them. */
export declare class Heartbeat {
    #private;
    /** How those go out that keep the connection alive. */
    settings: KeepaliveSettings;
    /** @param settings - what is in force so far. */
    constructor(settings: KeepaliveSettings);
    /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
    get latency(): number | undefined;
    /** Changes what is named. @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`); nothing changes then. */
    configure(options: Partial<KeepaliveConfiguration> | undefined): KeepaliveConfiguration;
    /** Notes that a ping goes out. */
    pinged(payload: string | Buffer): void;
    /** Notes that a pong came. */
    ponged(payload: Buffer): void;
}
/** Tells who watches the connections of these settings. */
export declare function controllerOf({ keepaliveController }: ConnectionSettings): KeepaliveController;
/** Tells how connections of these settings begin. */
export declare function keepaliveOf(settings: ConnectionSettings, usualInterval: number): KeepaliveSettings;
