import { type PerMessageDeflateOptions } from '../compression/deflate-options.js';
import { type Normalised } from '../options.js';
import type { Handler } from './connection-events.js';
import { KeepaliveController } from './keepalive-controller.js';
/** Says what happens to a connection whose peer reads too slowly, once the hard limit is reached. */
export type SlowConsumerPolicy = 'disconnect' | 'drop' | 'pause';
/** Configures any connection, of either role. Unknown options throw. */
export interface ConnectionOptions {
    /** Called with everything that happens (websocket(n): Callbacks). */
    readonly handler?: Handler | undefined;
    /** Messages that an asynchronous handler may work on at once. @defaultValue 1 */
    readonly handlerConcurrency?: number | undefined;
    /** Seconds without a received octet after which a ping is sent; zero or less: off. @defaultValue 30 in servers, 0 in clients */
    readonly keepalive?: number | undefined;
    /** Text of the keepalive pings, at most 125 octets. @defaultValue '' */
    readonly ping?: string | undefined;
    /** Milliseconds that the peer has to show life after a keepalive ping, plus octets sent ÷ 64 KiB/s. @defaultValue 20000 */
    readonly pongTimeoutMs?: number | undefined;
    /** Milliseconds without progress after which a closing handshake is given up. @defaultValue 5000 */
    readonly closeTimeoutMs?: number | undefined;
    /** Milliseconds after which a closing handshake is given up in any case. @defaultValue 30000 */
    readonly closeTotalTimeoutMs?: number | undefined;
    /** Longest message taken, in octets; with `fragments` the longest frame. Longer ones fail with 1009. @defaultValue 16 MiB */
    readonly maxMessageBytes?: number | undefined;
    /** Most empty fragments in a row; more fail with 1008. @defaultValue 1024 */
    readonly maxEmptyFragments?: number | undefined;
    /** Whether messages come as `fragment` events, piece by piece, instead of whole. @defaultValue false */
    readonly fragments?: boolean | undefined;
    /**
     * Whether whole text messages come as strings, or as Buffers of their octets, which were checked: for those who only
     * pass them on, and save the decoding. They come as `utf8` events, and to a stream's reader. @defaultValue 'string'
     */
    readonly textAs?: 'string' | 'buffer' | undefined;
    /**
     * Whether messages may be compressed with permessage-deflate (RFC 7692), and how; in force if the other side has it
     * too. @defaultValue true in clients, false in servers
     */
    readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** Octets of backlog from which `write` returns false. @defaultValue 1 MiB, or `hardBacklogBytes` if that is less */
    readonly softBacklogBytes?: number | undefined;
    /** Octets of backlog from which `slowConsumer` applies. @defaultValue 16 MiB */
    readonly hardBacklogBytes?: number | undefined;
    /**
     * What to do with a message handed in at or above the hard limit: `disconnect` ends the connection,
     * `drop` drops it (`send` returns 0), `pause` takes it and stops reading from this peer until below the soft
     * limit. @defaultValue 'disconnect'
     */
    readonly slowConsumer?: SlowConsumerPolicy | undefined;
    /** Control frames taken per second, in the long run; more fail with 1008. @defaultValue 1000 */
    readonly controlFramesPerSecond?: number | undefined;
    /** Control frames taken at once. @defaultValue 10000 */
    readonly controlFrameBurst?: number | undefined;
    /** Octets of messages that wait for a listener or an asynchronous handler before reading pauses. @defaultValue 64 KiB */
    readonly maxQueuedBytes?: number | undefined;
    /** Messages that wait so. @defaultValue 16 */
    readonly maxQueuedMessages?: number | undefined;
    /** Octets one connection may use of a turn of the event loop; one in whose chunk no frame ends counts for a sixteenth. @defaultValue 64 KiB */
    readonly maxTurnBytes?: number | undefined;
    /** Frames one connection may use of a turn of the event loop. @defaultValue 1000 */
    readonly maxTurnFrames?: number | undefined;
    /** Schedules the keepalive pings. @defaultValue one for the whole process */
    readonly keepaliveController?: KeepaliveController | undefined;
}
/** Describes each option of {@link ConnectionOptions}. */
export declare const CONNECTION_SCHEMA: {
    handler: import("../options.js").Option<Handler | undefined>;
    handlerConcurrency: import("../options.js").Option<number>;
    keepalive: import("../options.js").Option<number | undefined>;
    ping: import("../options.js").Option<string>;
    pongTimeoutMs: import("../options.js").Option<number>;
    closeTimeoutMs: import("../options.js").Option<number>;
    closeTotalTimeoutMs: import("../options.js").Option<number>;
    maxMessageBytes: import("../options.js").Option<number>;
    maxEmptyFragments: import("../options.js").Option<number>;
    fragments: import("../options.js").Option<boolean>;
    textAs: import("../options.js").Option<"buffer" | "string">;
    perMessageDeflate: import("../options.js").Option<boolean | PerMessageDeflateOptions | undefined>;
    softBacklogBytes: import("../options.js").Option<number | undefined>;
    hardBacklogBytes: import("../options.js").Option<number>;
    slowConsumer: import("../options.js").Option<"disconnect" | "drop" | "pause">;
    controlFramesPerSecond: import("../options.js").Option<number>;
    controlFrameBurst: import("../options.js").Option<number>;
    maxQueuedBytes: import("../options.js").Option<number>;
    maxQueuedMessages: import("../options.js").Option<number>;
    maxTurnBytes: import("../options.js").Option<number>;
    maxTurnFrames: import("../options.js").Option<number>;
    keepaliveController: import("../options.js").Option<KeepaliveController<import("./keepalive-entry.js").KeepaliveTarget> | undefined>;
};
/** Are connection options after their check, all present. */
export interface ConnectionSettings extends Omit<Normalised<typeof CONNECTION_SCHEMA>, 'softBacklogBytes'> {
    readonly softBacklogBytes: number;
}
/**
 * Checks connection options.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option, a bad value, or a soft limit above the
 * hard one.
 */
export declare function connectionSettings(options: ConnectionOptions | undefined): ConnectionSettings;
/**
 * Divides options by who owns them.
 * @returns those of {@link ConnectionOptions}, for {@link connectionSettings}, and the rest.
 */
export declare function splitConnectionOptions(options: object): [own: ConnectionOptions, rest: Record<string, unknown>];
