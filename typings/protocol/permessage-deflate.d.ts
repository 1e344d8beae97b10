import type { ExtensionOffer } from './extension-header.js';
/** Name of the extension (RFC 7692 §7). */
export declare const PERMESSAGE_DEFLATE = "permessage-deflate";
/** Smallest and largest base-2 logarithm of an LZ77 window (RFC 7692 §7.1.2). */
export declare const MIN_WINDOW_BITS = 8;
export declare const MAX_WINDOW_BITS = 15;
/** Smallest window that zlib can compress with, as raw deflate: asked for 8, it would use 9. */
export declare const MIN_OWN_WINDOW_BITS = 9;
/** Is what both sides have agreed on; windows that nobody spoke of are of 15 bits. */
export interface DeflateAgreement {
    readonly serverNoContextTakeover: boolean;
    readonly clientNoContextTakeover: boolean;
    readonly serverMaxWindowBits: number;
    readonly clientMaxWindowBits: number;
}
/** Is what one side wants of the agreement; windows left out may be of any size. */
export interface DeflateWishes {
    readonly serverNoContextTakeover: boolean;
    readonly clientNoContextTakeover: boolean;
    readonly serverMaxWindowBits: number | undefined;
    readonly clientMaxWindowBits: number | undefined;
}
/**
 * Lists what a client offers, most wanted first: with a wish about what the server does, a second offer goes without
 * it, for servers that cannot (RFC 7692 §5).
 */
export declare function offerDeflate(wishes: DeflateWishes): ExtensionOffer[];
/**
 * Takes, in the server role, the first offer that can be met (RFC 7692 §5.1, §7.1).
 * @param offers - all extensions that the client offers; others, and offers that break the rules, are passed over.
 * @returns the agreement and the element of the response that says so; undefined to decline.
 */
export declare function acceptDeflate(offers: readonly ExtensionOffer[], wishes: DeflateWishes): {
    agreement: DeflateAgreement;
    response: ExtensionOffer;
} | undefined;
/**
 * Reads, in the client role, what the server has accepted (RFC 7692 §5.1, §7.1).
 * @param accepted - all extensions of the response.
 * @param wishes - those that {@link offerDeflate} was given.
 * @returns the agreement; undefined when permessage-deflate is not among them; in words what is wrong with it.
 */
export declare function readDeflateResponse(accepted: readonly ExtensionOffer[], wishes: DeflateWishes): DeflateAgreement | undefined | string;
