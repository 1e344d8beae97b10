import { type Normalised, type Option } from '../options.js';
import { type DeflateWishes } from '../protocol/permessage-deflate.js';
/** Tunes zlib's compressor; its manual describes each (deflateInit2). */
export interface ZlibDeflateOptions {
    /**
     * From 0 (none) over 1 (fastest) to 9 (smallest); -1 for zlib's own choice, 6. Level 3 takes half the time of 6 for
     * messages of 16 KiB and makes them some 5 to 10 % longer.
     * @defaultValue 3
     */
    readonly level?: number | undefined;
    /** Memory for the compressor while it works, 1 to 9. @defaultValue 8 */
    readonly memLevel?: number | undefined;
    /** One of zlib's strategies, `zlib.constants.Z_DEFAULT_STRATEGY` and the like, 0 to 4. @defaultValue 0 */
    readonly strategy?: number | undefined;
}
/** Configures permessage-deflate (RFC 7692 §7). */
export interface PerMessageDeflateOptions {
    /** Whether the server is to forget each message it has compressed: less memory, less compression. @defaultValue true */
    readonly serverNoContextTakeover?: boolean | undefined;
    /** Whether the client is to. @defaultValue true */
    readonly clientNoContextTakeover?: boolean | undefined;
    /** Base-2 logarithm of the window of the server's compressor, 8 to 15; 9 to 15 in servers. @defaultValue 15 */
    readonly serverMaxWindowBits?: number | undefined;
    /** Base-2 logarithm of the window of the client's compressor, 8 to 15; 9 to 15 in clients. @defaultValue 15 */
    readonly clientMaxWindowBits?: number | undefined;
    /** Octets of a message, or of its first fragment, from which it is compressed. @defaultValue 1 KiB */
    readonly threshold?: number | undefined;
    /** Tunes zlib's compressor. */
    readonly zlibDeflateOptions?: ZlibDeflateOptions | undefined;
}
declare const ZLIB_SCHEMA: {
    level: Option<number>;
    memLevel: Option<number>;
    strategy: Option<number>;
};
/** Are the options of permessage-deflate after their check. */
export interface DeflateSettings extends DeflateWishes {
    readonly threshold: number;
    readonly zlib: Normalised<typeof ZLIB_SCHEMA>;
}
/** Describes the option `perMessageDeflate`: whether and how messages are compressed. */
export declare const PER_MESSAGE_DEFLATE: Option<boolean | PerMessageDeflateOptions | undefined>;
/**
 * Checks the option `perMessageDeflate`.
 * @returns undefined for `false`.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export declare function deflateSettings(given: boolean | PerMessageDeflateOptions): DeflateSettings | undefined;
/**
 * Checks a window that zlib is to compress with.
 * @param name - which of the options it is.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for one that zlib cannot have.
 */
export declare function checkOwnWindow(settings: DeflateSettings | undefined, name: 'serverMaxWindowBits' | 'clientMaxWindowBits'): void;
export {};
