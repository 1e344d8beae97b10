/*
 * Places in which an application's own code may fail, and the paths that ask a victim to fail there: /who/how/what.
 */

/** Whose code fails: a listener of the connection, the handler, a listener of the registry or its keepalive, an option. */
export type Who = 'listener' | 'handler' | 'registry' | 'keepalive' | 'option';

/** Is one place, and how it fails. */
export interface Place {
  readonly who: Who;
  /** Whether it throws, or is asynchronous and rejects. */
  readonly how: 'throws' | 'rejects';
  /** Name of the event, the type, or the option. */
  readonly what: string;
}

export function pathOf({ who, how, what }: Place): string {
  return `/${who}/${how}/${what}`;
}

/** Reads the path of a request; undefined for that of somebody who wants no failure. */
export function placeOf(path = '/'): Place | undefined {
  const [, who, how, what] = path.split('/');
  return what === undefined ? undefined : ({ who, how, what } as Place);
}

/** Fails as it was asked to. */
export function fail({ how }: Place): never {
  // An asynchronous function gives its promise where it was to give nothing.
  if (how === 'rejects') return Promise.reject(new Error('as told')) as never;
  throw new Error('as told');
}

/** Fails if it is asked to in this place, and else gives what it is given. */
export function failIn<T>(path: string | undefined, who: Who, what: string, otherwise: T): T {
  const place = placeOf(path);
  return place?.who === who && place.what === what ? fail(place) : otherwise;
}
