import fs from 'node:fs';
import { inspect } from 'node:util';
import { InvalidOptionError } from './errors.js';

/** Names the log levels, from the most talkative to the quietest (websocket(n): loglevel). */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warn', 'error'] as const;
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

/** Prints entries on standard error, one line each. */
const standardError: Required<Logger> = Object.freeze({
  debug: (fields, message) => print('debug', fields, message),
  info: (fields, message) => print('info', fields, message),
  notice: (fields, message) => print('notice', fields, message),
  warn: (fields, message) => print('warn', fields, message),
  error: (fields, message) => print('error', fields, message),
} satisfies Required<Logger>);

let logger: Logger = standardError;
let level: LogLevel = 'error';
let threshold = LOG_LEVELS.indexOf('error');

/**
 * Sets the log level of the whole library, or queries it when called with nothing.
 * @param newLevel - the least serious level that is still logged; default `error`.
 * @returns the level now in force.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown level; nothing changes.
 * Source: websocket(n): loglevel.
 */
export function loglevel(newLevel?: LogLevel): LogLevel {
  if (newLevel === undefined) return level;
  const index = LOG_LEVELS.indexOf(newLevel);
  if (index === -1) throw new InvalidOptionError('loglevel', newLevel, `one of ${LOG_LEVELS.join(', ')}`);
  level = newLevel;
  threshold = index;
  return level;
}

/**
 * Replaces the logger; `null` restores the one that prints on standard error.
 * The level set by {@link loglevel} still filters before the logger is called.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when a method is missing.
 */
export function setLogger(newLogger: Logger | null): void {
  if (newLogger === null) {
    logger = standardError;
    return;
  }
  for (const method of ['debug', 'info', 'warn', 'error'] as const) {
    if (typeof (newLogger as Partial<Logger> | undefined)?.[method] !== 'function') {
      throw new InvalidOptionError(
        `logger.${method}`,
        (newLogger as Partial<Logger> | undefined)?.[method],
        'a function',
      );
    }
  }
  logger = newLogger;
}

/** Tells whether entries of this level are wanted, so that callers need not build them in vain. */
export function logs(wanted: LogLevel): boolean {
  return LOG_LEVELS.indexOf(wanted) >= threshold;
}

/** Writes one entry, if its level is wanted. A logger that throws is not allowed to harm a connection. */
export function log(entryLevel: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
  if (!logs(entryLevel)) return;
  try {
    const method = entryLevel === 'notice' && logger.notice === undefined ? 'info' : entryLevel;
    const result = logger[method]?.(fields, message) as PromiseLike<unknown> | undefined;
    if (typeof result?.then === 'function') result.then(undefined, loggerFailed);
  } catch (error) {
    loggerFailed(error);
  }
}

function loggerFailed(error: unknown): void {
  print('error', { err: error }, 'the logger failed');
}

function print(entryLevel: LogLevel, fields: Record<string, unknown>, message: string): void {
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${show(value)}`);
  try {
    // A write through process.stderr would end the process when nobody reads it any more (EPIPE).
    fs.writeSync(2, `${new Date().toISOString()} hawser ${entryLevel}: ${message}${facts.join('')}\n`);
  } catch {
    // There is no better place to say so.
  }
}

/** Shows any value on one line, without long contents and without control characters. */
function show(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message);
  if (typeof value === 'string') return JSON.stringify(value);
  return inspect(value, {
    depth: 1,
    breakLength: Infinity,
    maxArrayLength: 16,
    maxStringLength: 200,
  }).replaceAll(/\s*\n\s*/g, ' ');
}
