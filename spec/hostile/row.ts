import type { Library } from './library.js';
import type { Removal } from './removal.js';

/**
 * Says how much of it there is to be: `quick` is for every run of the specs (some seconds), `full` for the report: the
 * durations and numbers that the row itself names.
 */
export type Scale = 'quick' | 'full';

/** Is what came of a row. */
export interface Finding {
  /** Whether what must hold did. */
  readonly held: boolean;
  /** What was measured, in a few words for the table: `+2.1 MiB`, `p99 3.2 ms`, `exit 1`. */
  readonly figure: string;
}

/** Is one thing that a hostile or broken peer does, what must hold then, and how to try it. */
export interface Row {
  /** Names the row: `H1`, `F4`; one letter for the kind. A second try of the same row has a small letter behind: `F4b`. */
  readonly id: string;
  /** What the peer does, or what happens. */
  readonly peer: string;
  /** What must hold, with the bound. */
  readonly must: string;
  /**
   * Takes the defence away, for rows on which `ws` does well: a row is only believed once it was red somewhere.
   */
  readonly removal?: Removal;
  /** Why there is nothing to compare with `ws`: it has no such thing. */
  readonly withoutWs?: string;
  /** Tries it on a library; everything that it starts is gone when it settles. */
  run(library: Library, scale: Scale): Promise<Finding>;
}
