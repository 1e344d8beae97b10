import { InvalidOptionError } from './errors.js';

/*
 * Every constructor declares its options once, as a schema, and reads what the caller gave through it:
 *
 *   const SCHEMA = { closeTimeoutMs: milliseconds(5_000), handler: func<Handler>() } satisfies SchemaOf<ConnectionOptions>;
 *   const { closeTimeoutMs, handler } = normalise(SCHEMA, options, 'ConnectionOptions');
 *
 * `undefined` means the default, `null` is an error, nothing is converted.
 */

/** Longest delay that Node's timers take; above it they fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Describes one option: what it accepts, in words and as a test, and what it is when left out. */
export interface Option<T> {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** Value in force when the caller gives none. */
  readonly fallback: T;
  /** Tells whether a value other than `undefined` can be used as it is. */
  readonly accepts: (value: unknown) => boolean;
  /** Whether leaving it out is an error. */
  readonly required?: boolean;
}

/** Maps the name of each option to its description. */
export type Schema = Readonly<Record<string, Option<unknown>>>;

/** Is the type of the options after {@link normalise}: every key present, defaults filled in. */
export type Normalised<S extends Schema> = {
  readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never;
};

/** Ties a schema to the interface that callers see (`satisfies SchemaOf<…>`), so that neither has a key more or less. */
export type SchemaOf<Options extends object> = {
  readonly [K in keyof Options]-?: Option<Exclude<Options[K], undefined> | undefined>;
};

/** Bounds a number; both ends are included. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Describes an option by a type guard; the other descriptions are made from it.
 * @param expected - completes the sentence "expected …".
 * @param accepts - the guard; it sees neither `undefined` nor a converted value.
 * @param fallback - value when left out; default `undefined`.
 */
export function option<T>(expected: string, accepts: (value: unknown) => value is T, fallback: T): Option<T>;
export function option<T>(expected: string, accepts: (value: unknown) => value is T): Option<T | undefined>;
export function option<T>(
  expected: string,
  accepts: (value: unknown) => value is T,
  fallback?: T,
): Option<T | undefined> {
  return Object.freeze({ expected, fallback, accepts });
}

/** Describes a number that is never NaN; infinite only where a bound says so. */
export function number(fallback: number, bounds?: Bounds): Option<number>;
export function number(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
export function number(
  fallback?: number,
  { min = -Number.MAX_VALUE, max = Number.MAX_VALUE }: Bounds = {},
): Option<number | undefined> {
  return option(
    `a number${describeBounds(min, max)}`,
    (value): value is number => typeof value === 'number' && value >= min && value <= max,
    fallback,
  );
}

/** Describes a whole number, from 0 unless `min` says otherwise; `max: Infinity` lets Infinity in. */
export function integer(fallback: number, bounds?: Bounds): Option<number>;
export function integer(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
export function integer(
  fallback?: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
): Option<number | undefined> {
  return option(
    `an integer${describeBounds(min, max)}`,
    (value): value is number => isInteger(value) && value >= min && value <= max,
    fallback,
  );
}

/** Describes a limit: a whole number from `min` (default 0) up, or Infinity for none. */
export function limit(fallback: number, { min = 0 }: Pick<Bounds, 'min'> = {}): Option<number> {
  return integer(fallback, { min, max: Infinity });
}

/** Describes a span of time in milliseconds that a timer of Node can wait. */
export function milliseconds(fallback: number, bounds?: Bounds): Option<number>;
export function milliseconds(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
export function milliseconds(
  fallback?: number,
  { min = 0, max = MAX_TIMER_MS }: Bounds = {},
): Option<number | undefined> {
  const { accepts } = number(undefined, { min, max });
  return option(
    `milliseconds${describeBounds(min, max)}`,
    accepts as (value: unknown) => value is number,
    fallback,
  );
}

/** Describes a flag; only `true` and `false` will do. */
export function boolean(fallback: boolean): Option<boolean>;
export function boolean(): Option<boolean | undefined>;
export function boolean(fallback?: boolean): Option<boolean | undefined> {
  return option('true or false', (value) => typeof value === 'boolean', fallback);
}

/**
 * Describes a string.
 * @param maxBytes - longest UTF-8 form, in octets; default none.
 */
export function string(fallback: string, maxBytes?: number): Option<string>;
export function string(fallback?: undefined, maxBytes?: number): Option<string | undefined>;
export function string(fallback?: string, maxBytes = Infinity): Option<string | undefined> {
  return option(
    maxBytes === Infinity ? 'a string' : `a string of at most ${String(maxBytes)} octets in UTF-8`,
    (value): value is string => typeof value === 'string' && Buffer.byteLength(value) <= maxBytes,
    fallback,
  );
}

/** Describes one of a few literal values. */
export function oneOf<const T extends string | number>(values: readonly T[], fallback: NoInfer<T>): Option<T>;
export function oneOf<const T extends string | number>(values: readonly T[]): Option<T | undefined>;
export function oneOf<const T extends string | number>(
  values: readonly T[],
  fallback?: NoInfer<T>,
): Option<T | undefined> {
  return option(
    `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    (value): value is T => values.includes(value as T),
    fallback,
  );
}

/** Describes a function; its parameters cannot be checked. */
export function func<F extends (...args: never) => unknown>(fallback: F): Option<F>;
export function func<F extends (...args: never) => unknown>(): Option<F | undefined>;
export function func<F extends (...args: never) => unknown>(fallback?: F): Option<F | undefined> {
  return option('a function', (value): value is F => typeof value === 'function', fallback);
}

/** Describes an object made by a class (abstract ones too). */
export function instance<T>(of: InstanceSource<T>, fallback: T): Option<T>;
export function instance<T>(of: InstanceSource<T>): Option<T | undefined>;
export function instance<T>(of: InstanceSource<T>, fallback?: T): Option<T | undefined> {
  const article = /^[AEIOU]/.test(of.name) ? 'an' : 'a';
  return option(`${article} ${of.name}`, (value): value is T => value instanceof of, fallback);
}

type InstanceSource<T> = abstract new (...args: never) => T;

/** Describes a list, each item of which `item` accepts. */
export function listOf<T>(
  item: Option<T>,
  fallback: readonly Exclude<T, undefined>[],
): Option<readonly Exclude<T, undefined>[]>;
export function listOf<T>(item: Option<T>): Option<readonly Exclude<T, undefined>[] | undefined>;
export function listOf<T>(
  item: Option<T>,
  fallback?: readonly Exclude<T, undefined>[],
): Option<readonly Exclude<T, undefined>[] | undefined> {
  return option(
    `an array, each item ${item.expected}`,
    (value): value is readonly Exclude<T, undefined>[] =>
      Array.isArray(value) && Array.from(value).every(item.accepts),
    fallback,
  );
}

/** Describes what any of several descriptions accepts; the fallback is the first one's. */
export function either<A, B>(first: Option<A>, second: Option<B>): Option<A | Exclude<B, undefined>> {
  return Object.freeze({
    expected: `${first.expected} or ${second.expected}`,
    fallback: first.fallback,
    accepts: (value: unknown) => first.accepts(value) || second.accepts(value),
  });
}

/** Makes leaving an option out an error. */
export function required<T>(of: Option<T>): Option<Exclude<T, undefined>> {
  return Object.freeze({ ...of, fallback: undefined as never, required: true });
}

/**
 * Checks one value, such as an argument of a method.
 * @returns the value itself, or the fallback for `undefined`.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that names `name`, the value and what was expected.
 */
export function check<T>(name: string, of: Option<T>, value: unknown): T {
  if (value === undefined && of.required !== true) return of.fallback;
  if (value === undefined || value === null || !of.accepts(value)) {
    throw new InvalidOptionError(name, value, of.expected);
  }
  return value as T;
}

/** Remembers what came out of {@link normalise}, and by which schema. */
const normalised = new WeakMap<object, Schema>();

/**
 * Reads options through a schema, once: later changes to the caller's object have no effect.
 * What the same schema normalised before is returned as it is.
 * @param options - what the caller gave; `undefined` for all defaults.
 * @param where - name of the options' interface, for errors.
 * @param passThrough - names that are allowed, but belong to somebody else and are not read.
 * @returns a frozen object with every key of the schema.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export function normalise<S extends Schema>(
  schema: S,
  options: object | undefined,
  where: string,
  passThrough: Iterable<string> = [],
): Normalised<S> {
  if (options === undefined) return normalise(schema, {}, where);
  if (typeof options !== 'object' || (options as object | null) === null || Array.isArray(options)) {
    throw new InvalidOptionError(where, options, 'an object');
  }
  if (normalised.get(options) === schema) return options as Normalised<S>;
  rejectUnknown(options, [...Object.keys(schema), ...passThrough], where);
  const entries = Object.entries(schema).map(([name, of]) => [name, check(name, of, read(options, name))]);
  const result = Object.freeze(Object.fromEntries(entries) as Normalised<S>);
  normalised.set(result, schema);
  return result;
}

/**
 * Refuses options that nobody would read, and guesses what was meant.
 * @param known - all names that are allowed.
 * @param where - name of the options' interface, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that names the first unknown option.
 */
export function rejectUnknown(options: object, known: Iterable<string>, where: string): void {
  const names = new Set(known);
  for (const name in options) {
    if (names.has(name) || !isGiven(options, name)) continue;
    const meant = closest(name, names);
    throw new InvalidOptionError(
      name,
      read(options, name),
      `nothing (${where} has no such option)`,
      meant === undefined ? '' : `did you mean ${meant}?`,
    );
  }
}

/** Reads an option; a polluted `Object.prototype` gives none, an object's own classes do. */
function read(options: object, name: string): unknown {
  return isGiven(options, name) ? (options as Record<string, unknown>)[name] : undefined;
}

function isGiven(options: object, name: string): boolean {
  for (let holder: unknown = options; holder !== null && holder !== Object.prototype;) {
    if (Object.hasOwn(holder as object, name)) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value) || value === Infinity || value === -Infinity;
}

function describeBounds(min: number, max: number): string {
  const isBoundedBelow = min !== -Number.MAX_VALUE && min !== -Infinity;
  const isBoundedAbove = max < Number.MAX_SAFE_INTEGER;
  const orInfinity = max === Infinity ? ' or Infinity' : '';
  if (isBoundedBelow && isBoundedAbove) return ` from ${String(min)} to ${String(max)}`;
  if (isBoundedBelow) return ` of at least ${String(min)}${orInfinity}`;
  if (isBoundedAbove) return ` of at most ${String(max)}`;
  return orInfinity;
}

/** Finds the known name that is nearest to what was written, if any is near. */
function closest(name: string, known: Iterable<string>): string | undefined {
  const written = name.slice(0, 64).toLowerCase();
  let best: string | undefined;
  let bestDistance = 2 + written.length / 5;
  for (const candidate of known) {
    const target = candidate.toLowerCase();
    // A forgotten unit (`closeTimeout`) is nearer than a typing error in every other name.
    const distance = target.startsWith(written) && written.length > 3 ? 0.5 : editDistance(written, target);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Counts the insertions, deletions and replacements between two words (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    let left = line;
    // Each cell is seen with the one above it and the one above on the left: row[column] and row[column - 1].
    row = row.map((above, column) => {
      if (column === 0) return line;
      const replaced = row[column - 1]! + (from[line - 1] === to[column - 1] ? 0 : 1);
      left = Math.min(replaced, above + 1, left + 1);
      return left;
    });
  }
  return row[to.length]!;
}
