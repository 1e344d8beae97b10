import type { IncomingMessage } from 'node:http';
import { type Rejected } from './handshake-response.js';
/**
 * Decides on one request by its Origin, `undefined` when the field is absent (the client is then no browser).
 * It must answer at once: what has to be looked up belongs in `authorize`.
 */
export type OriginPredicate = (origin: string | undefined, request: IncomingMessage) => boolean;
/**
 * Says which origins may connect: `'*'` all; a string one origin, such as `https://app.example.com` (letter case of the
 * host and a default port do not matter) or `null`; a regular expression those that it matches **as a whole**; an
 * array of these; or a function. Given anything but a function, requests without Origin are admitted. Whatever is given
 * replaces the default rule, so the server's own origin has to be among them.
 */
export type Origins = string | RegExp | readonly (string | RegExp)[] | OriginPredicate;
/** Tells that the origin is admitted. */
export interface Admitted {
    readonly ok: true;
}
/** Decides which origins may connect (RFC 6455 §4.2.2, item 4, and §10.2): by the default rule, or by the option. */
export declare class OriginPolicy {
    #private;
    /**
     * @param origins - The option's value. @default the Origin is absent, or its host and port equal those of Host
     * @param option - Name of the option, for errors and for the body of the 403.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) unless it is of type `Origins`.
     */
    constructor(origins?: unknown, option?: string);
    /**
     * Decides on a request.
     *
     * @param origin - Value of its Origin field, if any.
     * @param host - Value of its Host field.
     * @param request - Handed to the option's function.
     * @returns A 403 that names both values and the option, unless the origin is admitted.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the option's function answers with a promise; whatever
     * that function throws.
     */
    examine(origin: string | undefined, host: string, request: IncomingMessage): Admitted | Rejected;
}
