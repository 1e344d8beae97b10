import { type CallerHeaders } from './caller-headers.js';
/** Describes a response that accepts the opening handshake. */
export interface Acceptance {
    /** The request's Sec-WebSocket-Key. */
    readonly key: string;
    /** Subprotocol chosen; empty or absent: none. */
    readonly protocol?: string | undefined;
    /** Value of Sec-WebSocket-Extensions; empty or absent: none was negotiated. */
    readonly extensions?: string | undefined;
    /** Further header fields, such as Set-Cookie. */
    readonly headers?: CallerHeaders | undefined;
}
/** Describes a response that refuses the opening handshake. */
export interface Refusal {
    /** Status code, 300 to 599 and not 304. */
    readonly status: number;
    /** Reason phrase of the status line. @default the registered one */
    readonly statusMessage?: string | undefined;
    /** Further header fields. Content-Type is text/plain in UTF-8 unless it is among them. */
    readonly headers?: CallerHeaders | undefined;
    /** Body; a string goes out as UTF-8. @default the reason phrase and a line feed */
    readonly body?: string | Uint8Array | undefined;
}
/** Tells that a request was refused, in the form that `rejectResponse` takes, and why. */
export interface Rejected {
    readonly ok: false;
    readonly status: number;
    /** Names the rule that was broken, on one line, for logs and the event `rejected`. Not the reason phrase. */
    readonly reason: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
}
/** Makes a `Rejected` whose body is the reason. */
export declare function rejected(status: number, reason: string, headers?: Readonly<Record<string, string>>): Rejected;
/**
 * Renders the 101 response, whole, in Latin-1 (RFC 6455 §4.2.2, item 5).
 *
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) before anything is made, when a value has an octet that does
 * not belong there or a header field is one of the handshake's own.
 */
export declare function acceptResponse(acceptance: Acceptance): string;
/**
 * Renders the response that refuses an opening handshake, whole, in octets; it says `Connection: close`, and the
 * caller ends the socket behind it. A refusal is a redirection or an error: 1xx would not be final and 2xx a success
 * to every proxy, and 304 cannot have a body.
 *
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) before anything is made, when the status is none of these, a
 * value has an octet that does not belong there, or a header field is one of the response's own.
 */
export declare function rejectResponse(refusal: Refusal): Buffer;
/** Refuses a request of a version that is not spoken here, and names the one that is (RFC 6455 §4.2.2, item 4). */
export declare function unsupportedVersion(): Rejected;
