import type { Duplex } from 'node:stream';
import type { OpenStream } from './open-stream.js';
import { type ConnectionOptions, type ConnectionSettings } from './connection-options.js';
import { type Role } from './role.js';
/** Describes a byte stream on which the opening handshake is done (websocket(n): takeover). */
export interface TakenStream {
    /** Octets that came behind the opening handshake and were read already. @defaultValue none */
    readonly head?: Uint8Array | undefined;
    /** Subprotocol that was agreed on. @defaultValue '' */
    readonly protocol?: string | undefined;
    /**
     * Value of Sec-WebSocket-Extensions in the response, if extensions were agreed on: `permessage-deflate` with its
     * parameters. @defaultValue ''
     */
    readonly extensions?: string | undefined;
    /** Path of the request, raw, without the query. @defaultValue '' */
    readonly path?: string | undefined;
    /** Query of the request, without `?`. @defaultValue '' */
    readonly query?: string | undefined;
}
/** Configures a connection over a byte stream that was taken over. */
export interface TakeoverOptions extends ConnectionOptions, TakenStream {
}
/** Describes the options of a take-over as a whole. */
export declare const TAKEOVER_OPTIONS: import("../options.js").Option<TakeoverOptions>;
/**
 * Checks the options of a take-over.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no Duplex, an unknown option or a bad value.
 */
export declare function takeoverSettings(role: Role, stream: Duplex, options: TakeoverOptions | undefined): {
    settings: ConnectionSettings;
    open: OpenStream;
};
