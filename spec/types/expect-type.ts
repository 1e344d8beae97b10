/** Is `true` when two types are the same, not merely assignable to each other. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the type given is `true`. */
export declare function expectTrue<T extends true>(): T;
