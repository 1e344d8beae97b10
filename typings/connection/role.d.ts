import { type Coding } from '../compression/coding.js';
import { type DeflateSettings, type PerMessageDeflateOptions } from '../compression/deflate-options.js';
import type { DeflateAgreement } from '../protocol/permessage-deflate.js';
/** Names the two roles of RFC 6455. */
export type Role = 'client' | 'server';
/** Lists all that the role of an end decides once the opening handshake is done. */
export interface RoleRules {
    /** Whether our frames are masked and the peer's are not, or the other way round (RFC 6455 §5.1). */
    readonly masks: boolean;
    /** Whether we end the byte stream first after the closing handshake (RFC 6455 §7.1.1). */
    readonly endsStreamFirst: boolean;
    /** Default of the option `keepalive`, in seconds (websocket(n): configure). */
    readonly keepalive: number;
    /** Default of the option `perMessageDeflate`. */
    readonly perMessageDeflate: boolean;
    /** Which window is that of our own compressor. */
    readonly ownWindow: 'serverMaxWindowBits' | 'clientMaxWindowBits';
    /** Which part of an agreement is about the messages that we send, and which about those that come. */
    readonly outgoing: (agreement: DeflateAgreement) => Coding;
    readonly incoming: (agreement: DeflateAgreement) => Coding;
}
/** Holds the rules of each role. */
export declare const ROLE_RULES: {
    readonly [R in Role]: RoleRules;
};
/**
 * Reads the option `perMessageDeflate` for one role.
 * @returns undefined when nothing is to be compressed.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option, a bad value, or a window that our own
 * compressor cannot have.
 */
export declare function deflateWishes(role: Role, given: boolean | PerMessageDeflateOptions | undefined): DeflateSettings | undefined;
