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
export declare const KEEPALIVE_SCHEMA: {
    interval: import("../options.js").Option<number | undefined>;
    ping: import("../options.js").Option<string | undefined>;
    pongTimeoutMs: import("../options.js").Option<number | undefined>;
};
/** Holds what is in force when nobody says otherwise. */
export declare const KEEPALIVE_DEFAULTS: KeepaliveSettings;
/**
 * Puts new options over settings. Whole settings take their place as they are, so that many targets share them.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export declare function withOptions(settings: KeepaliveSettings, options: KeepaliveOptions | undefined): KeepaliveSettings;
/** Is what an entry needs of its controller. */
export interface KeepaliveOwner<T extends KeepaliveTarget> {
    /** Tells the time in milliseconds; never goes back. */
    readonly clock: () => number;
    /** Is told that the entry is to be looked at earlier or later than was planned. */
    changed(entry: KeepaliveEntry<T>): void;
    /** Is told that the last ping was answered, and after how many milliseconds. */
    answered(entry: KeepaliveEntry<T>, latencyMs: number): void;
}
/**
 * Watches one target; {@link KeepaliveController.add} makes it. Whoever reads for the target calls {@link touch} for
 * each chunk and {@link pong} for each pong; both are cheap, and do nothing once the target is no longer watched.
 */
export declare class KeepaliveEntry<T extends KeepaliveTarget = KeepaliveTarget> {
    #private;
    /** The object that is kept alive. */
    readonly target: T;
    /** Notes that octets were received just now, whichever they are. */
    touch(): void;
    /**
     * Notes that a pong was received just now.
     * @param payload - its payload; left out, it is taken for that of the last ping.
     * @returns milliseconds since the last keepalive ping, if this is the first pong to answer it.
     */
    pong(payload?: Uint8Array): number | undefined;
    /**
     * Changes the keepalive, at once; what is left out stays as it is.
     * @returns what is in force now.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; nothing changes.
     */
    configure(options?: KeepaliveOptions): KeepaliveSettings;
}
