/** Longest delay that Node's timers take; above it they fire at once. */
export declare const MAX_TIMER_MS: number;
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
export declare function option<T>(expected: string, accepts: (value: unknown) => value is T, fallback: T): Option<T>;
export declare function option<T>(expected: string, accepts: (value: unknown) => value is T): Option<T | undefined>;
/** Describes a number that is never NaN; infinite only where a bound says so. */
export declare function number(fallback: number, bounds?: Bounds): Option<number>;
export declare function number(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
/** Describes a whole number, from 0 unless `min` says otherwise; `max: Infinity` lets Infinity in. */
export declare function integer(fallback: number, bounds?: Bounds): Option<number>;
export declare function integer(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
/** Describes a limit: a whole number from `min` (default 0) up, or Infinity for none. */
export declare function limit(fallback: number, { min }?: Pick<Bounds, 'min'>): Option<number>;
/** Describes a span of time in milliseconds that a timer of Node can wait. */
export declare function milliseconds(fallback: number, bounds?: Bounds): Option<number>;
export declare function milliseconds(fallback?: undefined, bounds?: Bounds): Option<number | undefined>;
/** Describes a flag; only `true` and `false` will do. */
export declare function boolean(fallback: boolean): Option<boolean>;
export declare function boolean(): Option<boolean | undefined>;
/**
 * Describes a string.
 * @param maxBytes - longest UTF-8 form, in octets; default none.
 */
export declare function string(fallback: string, maxBytes?: number): Option<string>;
export declare function string(fallback?: undefined, maxBytes?: number): Option<string | undefined>;
/** Describes one of a few literal values. */
export declare function oneOf<const T extends string | number>(values: readonly T[], fallback: NoInfer<T>): Option<T>;
export declare function oneOf<const T extends string | number>(values: readonly T[]): Option<T | undefined>;
/** Describes a function; its parameters cannot be checked. */
export declare function func<F extends (...args: never) => unknown>(fallback: F): Option<F>;
export declare function func<F extends (...args: never) => unknown>(): Option<F | undefined>;
/** Describes an object made by a class (abstract ones too). */
export declare function instance<T>(of: InstanceSource<T>, fallback: T): Option<T>;
export declare function instance<T>(of: InstanceSource<T>): Option<T | undefined>;
type InstanceSource<T> = abstract new (...args: never) => T;
/** Describes a list, each item of which `item` accepts. */
export declare function listOf<T>(item: Option<T>, fallback: readonly Exclude<T, undefined>[]): Option<readonly Exclude<T, undefined>[]>;
export declare function listOf<T>(item: Option<T>): Option<readonly Exclude<T, undefined>[] | undefined>;
/** Describes what any of several descriptions accepts; the fallback is the first one's. */
export declare function either<A, B>(first: Option<A>, second: Option<B>): Option<A | Exclude<B, undefined>>;
/** Makes leaving an option out an error. */
export declare function required<T>(of: Option<T>): Option<Exclude<T, undefined>>;
/**
 * Checks one value, such as an argument of a method.
 * @returns the value itself, or the fallback for `undefined`.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that names `name`, the value and what was expected.
 */
export declare function check<T>(name: string, of: Option<T>, value: unknown): T;
/**
 * Reads options through a schema, once: later changes to the caller's object have no effect.
 * What the same schema normalised before is returned as it is.
 * @param options - what the caller gave; `undefined` for all defaults.
 * @param where - name of the options' interface, for errors.
 * @param passThrough - names that are allowed, but belong to somebody else and are not read.
 * @returns a frozen object with every key of the schema.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export declare function normalise<S extends Schema>(schema: S, options: object | undefined, where: string, passThrough?: Iterable<string>): Normalised<S>;
/**
 * Refuses options that nobody would read, and guesses what was meant.
 * @param known - all names that are allowed.
 * @param where - name of the options' interface, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that names the first unknown option.
 */
export declare function rejectUnknown(options: object, known: Iterable<string>, where: string): void;
export {};
