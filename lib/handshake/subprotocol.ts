import { InvalidOptionError } from '../errors.js';
import { isToken } from './field-grammar.js';
import type { HeaderFields } from './header-fields.js';
import { promptAnswer } from './prompt-answer.js';

const FIELD = 'sec-websocket-protocol';

/**
 * Checks the subprotocols a client is to offer and returns them as a list, in order of preference.
 *
 * @param value - One subprotocol, a list, or `undefined` for none. The empty string counts as none.
 * @param option - Name of the option, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) unless all are tokens and no two the same (RFC 6455 §4.1, item 10).
 */
export function validateSubprotocols(value: unknown, option = 'protocol'): string[] {
  if (value === undefined || value === '') return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  for (const protocol of list) {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw new InvalidOptionError(option, protocol, 'a token (RFC 7230 §3.2.6), or an array of them');
    }
  }
  const unique = new Set(list as string[]);
  if (unique.size !== list.length)
    throw new InvalidOptionError(option, value, 'subprotocols that are all different');
  return [...unique];
}

/**
 * Reads the subprotocols that a request offers, in the client's order of preference (RFC 6455 §11.3.4). No field
 * offers none, and so does an empty one, which tcllib's client sends.
 *
 * @returns `undefined` when the offer is malformed: an element that is no token, or one that came twice.
 */
export function parseSubprotocols(fields: HeaderFields): readonly string[] | undefined {
  const offered = fields.list(FIELD);
  if (offered.length === 0) return offered;
  if (!offered.every(isToken) || new Set(offered).size !== offered.length) return undefined;
  return offered;
}

/**
 * Chooses the subprotocol when nobody else does: the first of the client's list that is acceptable.
 *
 * @param accepts - Tells whether a subprotocol is acceptable. @default all are
 * @returns The empty string when none was offered or none is acceptable.
 */
export function selectSubprotocol(
  offered: readonly string[],
  accepts: (protocol: string) => boolean = () => true,
): string {
  return offered.find((protocol) => accepts(protocol)) ?? '';
}

/**
 * Checks the subprotocol that a caller's own function chose (RFC 6455 §4.2.2, item 5.5: one of those offered, or none).
 *
 * @param answer - What the function returned; `undefined`, `null`, `false` and the empty string choose none.
 * @param option - Name of the option that holds the function, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when it was not offered, or is a promise.
 */
export function validateSelection(
  answer: unknown,
  offered: readonly string[],
  option = 'selectProtocol',
): string {
  const selected = promptAnswer(answer, option);
  if (selected === undefined || selected === null || selected === false || selected === '') return '';
  // Equal to one that was offered, it is a string.
  if (!offered.includes(selected as string)) {
    throw new InvalidOptionError(
      option,
      selected,
      `one of the subprotocols offered (${offered.join(', ') || 'none'})`,
    );
  }
  return selected as string;
}
