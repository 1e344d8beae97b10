/*
 * The tree of errors. Every error that hawser makes is one of these, with a stable `code`.
 *
 *   WebSocketError                 ERR_WS
 *   ├─ HandshakeError              ERR_WS_HANDSHAKE_<STAGE>     the opening handshake failed
 *   ├─ ProtocolError               ERR_WS_<RULE>                the peer broke a rule of RFC 6455
 *   ├─ LimitError                  ERR_WS_LIMIT_<LIMIT>         a bound of ours was passed
 *   ├─ ConnectionClosedError       ERR_WS_CONNECTION_CLOSED     the connection is closing or gone
 *   ├─ InvalidStateError           ERR_WS_INVALID_STATE         the caller's call came at the wrong time
 *   └─ InvalidOptionError          ERR_WS_INVALID_OPTION        the caller's argument is wrong
 */

/** Is the root of all errors made by hawser; catch this one to catch them all. */
export class WebSocketError extends Error {
  /** Stable, machine-readable name of the cause, `ERR_WS_…`; docs/errors.md lists them all. */
  readonly code: string;

  constructor(message: string, code = 'ERR_WS', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    // One definition for the whole tree: on the prototype, so that stacks and logs show the class.
    Object.defineProperty(this.prototype, 'name', {
      configurable: true,
      get(this: Error) {
        return this.constructor.name;
      },
      // Errors are renamed by some who pass them on; a getter alone would make that throw.
      set(this: Error, value: string) {
        Object.defineProperty(this, 'name', { configurable: true, writable: true, value });
      },
    });
  }
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
export class HandshakeError extends WebSocketError {
  /** Step that failed. */
  readonly stage: HandshakeStage;
  /** Status code of the response, when one came. */
  readonly statusCode: number | undefined;
  /** Header fields of the response by lower-case name, when one came. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>> | undefined;
  /** Start of the response's body, when one came. */
  readonly body: Buffer | undefined;

  constructor(stage: HandshakeStage, message: string, details: HandshakeErrorDetails = {}) {
    super(message, details.code ?? `ERR_WS_HANDSHAKE_${stage.toUpperCase()}`, details);
    this.stage = stage;
    this.statusCode = details.statusCode;
    this.headers = details.headers;
    this.body = details.body;
  }
}

/** Reports that the peer broke a rule of the protocol; the connection is failed with `closeCode` (RFC 6455 §7.1.7). */
export class ProtocolError extends WebSocketError {
  /** Status code that our Close frame carries. */
  readonly closeCode: number;

  constructor(message: string, code: string, closeCode: number) {
    super(message, code);
    this.closeCode = closeCode;
  }
}

/** Reports that a bound of ours was passed; the connection is failed with `closeCode`. */
export class LimitError extends WebSocketError {
  /** Name of the option that sets the limit. */
  readonly limit: string;
  /** Value of the limit. */
  readonly value: number;
  /** What came: an amount in the limit's own unit. */
  readonly actual: number;
  /** Status code that our Close frame carries. */
  readonly closeCode: number;

  constructor(limit: string, value: number, actual: number, closeCode: number, what: string) {
    super(
      `${what}: ${String(actual)}, over the limit ${limit} = ${String(value)}`,
      `ERR_WS_LIMIT_${limit.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
    );
    this.limit = limit;
    this.value = value;
    this.actual = actual;
    this.closeCode = closeCode;
  }
}

/**
 * Reports that the connection is closing or gone, so what was asked cannot happen any more. It has no stack trace: it
 * tells of the connection, not of a place in the code.
 */
export class ConnectionClosedError extends WebSocketError {
  /** Status code received from the peer: 1005 if its Close was empty, 1006 if none came (RFC 6455 §7.1.5). */
  readonly receivedCode: number;
  /** Status code of our own Close frame, `undefined` if none was sent. */
  readonly sentCode: number | undefined;
  /** Reason received from the peer; empty if none. */
  readonly reason: string;
  /** Whether both Close frames were seen. */
  readonly wasClean: boolean;

  constructor(
    receivedCode: number,
    sentCode: number | undefined,
    reason: string,
    wasClean: boolean,
    options?: ErrorOptions,
  ) {
    const why = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    const said = reason === '' ? '' : ` "${reason}"`;
    // Every connection that is cut makes one, whose trace would cost more than all else at the end: Node writes it out.
    const { stackTraceLimit } = Error;
    Reflect.set(Error, 'stackTraceLimit', 0);
    super(
      `the connection is closed (received ${String(receivedCode)}${said}, sent ${String(sentCode ?? 'no Close')})${why}`,
      'ERR_WS_CONNECTION_CLOSED',
      options,
    );
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
    this.stack = `${this.name}: ${this.message}`;
    this.receivedCode = receivedCode;
    this.sentCode = sentCode;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** Reports a call that the object's present state does not allow, such as `send` while CONNECTING. */
export class InvalidStateError extends WebSocketError {
  constructor(message: string) {
    super(message, 'ERR_WS_INVALID_STATE');
  }
}

/** Reports an argument or option that cannot be used: its name, the value got and what was expected. */
export class InvalidOptionError extends WebSocketError {
  /** Name of the option or argument. */
  readonly option: string;
  /** Value that was given. */
  readonly value: unknown;
  /** What would have been right. */
  readonly expected: string;

  constructor(option: string, value: unknown, expected: string, hint = '') {
    super(
      `${option}: expected ${expected}, got ${describeValue(value)}${hint === '' ? '' : `; ${hint}`}`,
      'ERR_WS_INVALID_OPTION',
    );
    this.option = option;
    this.value = value;
    this.expected = expected;
  }
}

/** Shows any value on one short line, without calling into it. */
function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `an array of ${String(value.length)}`;
      return 'an object';
    case 'bigint':
      return `${String(value)}n`;
    default:
      return String(value);
  }
}
