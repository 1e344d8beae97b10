/** Is the root of all errors made by hawser; catch this one to catch them all. */
export declare class WebSocketError extends Error {
    /** Stable, machine-readable name of the cause, `ERR_WS_…`; docs/errors.md lists them all. */
    readonly code: string;
    constructor(message: string, code?: string, options?: ErrorOptions);
}
/** Names the step of the opening handshake that failed. */
export type HandshakeStage = 'dns' | 'tcp' | 'proxy' | 'tls' | 'http' | 'validate';
/** Describes what is known of a failed opening handshake. */
export interface HandshakeErrorDetails extends ErrorOptions {
    /** Status code of the response, when one came. */
    readonly statusCode?: number | undefined;
    /** Header fields of the response by lower-case name, when one came. */
    readonly headers?: Readonly<Record<string, string | string[] | undefined>> | undefined;
    /** Start of the response's body, when one came. */
    readonly body?: Buffer | undefined;
    /** Replaces the code made from the stage. */
    readonly code?: string | undefined;
}
/**
 * Reports that the opening handshake did not succeed (RFC 6455 §4): at which stage and why.
 * The connection never opened; the caller may dial again.
 */
export declare class HandshakeError extends WebSocketError {
    /** Step that failed. */
    readonly stage: HandshakeStage;
    /** Status code of the response, when one came. */
    readonly statusCode: number | undefined;
    /** Header fields of the response by lower-case name, when one came. */
    readonly headers: Readonly<Record<string, string | string[] | undefined>> | undefined;
    /** Start of the response's body, when one came. */
    readonly body: Buffer | undefined;
    constructor(stage: HandshakeStage, message: string, details?: HandshakeErrorDetails);
}
/** Reports that the peer broke a rule of the protocol; the connection is failed with `closeCode` (RFC 6455 §7.1.7). */
export declare class ProtocolError extends WebSocketError {
    /** Status code that our Close frame carries. */
    readonly closeCode: number;
    constructor(message: string, code: string, closeCode: number);
}
/** Reports that a bound of ours was passed; the connection is failed with `closeCode`. */
export declare class LimitError extends WebSocketError {
    /** Name of the option that sets the limit. */
    readonly limit: string;
    /** Value of the limit. */
    readonly value: number;
    /** What came: an amount in the limit's own unit. */
    readonly actual: number;
    /** Status code that our Close frame carries. */
    readonly closeCode: number;
    constructor(limit: string, value: number, actual: number, closeCode: number, what: string);
}
/**
 * Reports that the connection is closing or gone, so what was asked cannot happen any more. It has no stack trace: it
 * tells of the connection, not of a place in the code.
 */
export declare class ConnectionClosedError extends WebSocketError {
    /** Status code received from the peer: 1005 if its Close was empty, 1006 if none came (RFC 6455 §7.1.5). */
    readonly receivedCode: number;
    /** Status code of our own Close frame, `undefined` if none was sent. */
    readonly sentCode: number | undefined;
    /** Reason received from the peer; empty if none. */
    readonly reason: string;
    /** Whether both Close frames were seen. */
    readonly wasClean: boolean;
    constructor(receivedCode: number, sentCode: number | undefined, reason: string, wasClean: boolean, options?: ErrorOptions);
}
/** Reports a call that the object's present state does not allow, such as `send` while CONNECTING. */
export declare class InvalidStateError extends WebSocketError {
    constructor(message: string);
}
/** Reports an argument or option that cannot be used: its name, the value got and what was expected. */
export declare class InvalidOptionError extends WebSocketError {
    /** Name of the option or argument. */
    readonly option: string;
    /** Value that was given. */
    readonly value: unknown;
    /** What would have been right. */
    readonly expected: string;
    constructor(option: string, value: unknown, expected: string, hint?: string);
}
