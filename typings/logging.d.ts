/** Names the log levels, from the most talkative to the quietest (websocket(n): loglevel). */
export declare const LOG_LEVELS: readonly ['debug', 'info', 'notice', 'warn', 'error'];
export type LogLevel = (typeof LOG_LEVELS)[number];
/** Writes one entry: the facts first, then the sentence, as pino does. */
export type LogMethod = (fields: Record<string, unknown>, message: string) => void;
/**
 * Takes log entries. Any pino-shaped logger fits; where it has no `notice`, those entries go to `info`.
 */
export interface Logger {
    debug: LogMethod;
    info: LogMethod;
    notice?: LogMethod;
    warn: LogMethod;
    error: LogMethod;
}
/**
 * Sets the log level of the whole library, or queries it when called with nothing.
 * @param newLevel - the least serious level that is still logged; default `error`.
 * @returns the level now in force.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown level; nothing changes.
 * Source: websocket(n): loglevel.
 */
export declare function loglevel(newLevel?: LogLevel): LogLevel;
/**
 * Replaces the logger; `null` restores the one that prints on standard error.
 * The level set by {@link loglevel} still filters before the logger is called.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when a method is missing.
 */
export declare function setLogger(newLogger: Logger | null): void;
/** Tells whether entries of this level are wanted, so that callers need not build them in vain. */
export declare function logs(wanted: LogLevel): boolean;
/** Writes one entry, if its level is wanted. A logger that throws is not allowed to harm a connection. */
export declare function log(entryLevel: LogLevel, message: string, fields?: Record<string, unknown>): void;
