import { InvalidOptionError } from '../errors.js';

/**
 * Checks what a function among the options has answered: a promise is no answer. Where a yes is wanted it is truthy, so
 * that everybody would be admitted; and nobody would handle its rejection, which ends the process.
 *
 * @param option - Name of the option, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a promise. Its rejection is handled.
 */
export function promptAnswer(answer: unknown, option: string): unknown {
  if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then !== 'function') return answer;
  Promise.resolve(answer).catch(() => undefined);
  throw new InvalidOptionError(option, answer, 'a function that answers at once', 'use authorize to wait');
}
