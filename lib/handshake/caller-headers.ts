import { InvalidOptionError } from '../errors.js';
import { isFieldValue, isToken } from './field-grammar.js';

/**
 * Holds header fields that the caller adds to a request or response: each value a string, a number, or an array of
 * strings for a field that is sent several times. `undefined` leaves the field out.
 */
export type CallerHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Says what is wrong with a caller's field of this lower-case name, as a hint what to use instead;
 * `undefined` when the caller may set it.
 */
export type ReservedField = (name: string) => string | undefined;

/**
 * Checks the caller's header fields and returns them flat, names and values in turn, spelled as given.
 *
 * @param headers - The option's value, `undefined` for none.
 * @param option - Name of the option, for the error.
 * @param reserved - Decides which names belong to the handshake.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything but a plain object, a name that is no token, a
 * value with an octet that does not belong (CR, LF, NUL, …), or a reserved name.
 */
export function flattenCallerHeaders(headers: unknown, option: string, reserved: ReservedField): string[] {
  if (headers === undefined) return [];
  // Object.entries finds nothing in a Headers or Map: silently sending none of its fields would be worse than refusing.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers) {
    const hint = typeof headers === 'object' && headers !== null ? 'use Object.fromEntries(headers)' : '';
    throw new InvalidOptionError(option, headers, 'an object of header fields', hint);
  }
  const flat: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (!isToken(name))
      throw new InvalidOptionError(option, name, 'field names that are tokens (RFC 7230 §3.2.6)');
    const hint = reserved(name.toLowerCase());
    if (hint !== undefined)
      throw new InvalidOptionError(option, name, "fields other than the handshake's own", hint);
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      flat.push(name, fieldValue(one, `${option}[${JSON.stringify(name)}]`));
    }
  }
  return flat;
}

function fieldValue(value: unknown, option: string): string {
  const text = Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string' || !isFieldValue(text)) {
    throw new InvalidOptionError(option, value, 'a string of printable Latin-1 characters, or a number');
  }
  return text;
}
