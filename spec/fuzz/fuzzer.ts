import { setImmediate as turn } from 'node:timers/promises';
import { Chance } from '../chance.js';
import type { Coverage } from './coverage.js';
import { Mutator } from './mutator.js';
import type { Target } from './target.js';

/** Inputs that are tried between two looks at the coverage. */
const BATCH = 64;
/** Milliseconds that one input may take; far more than any should, on whatever machine. */
const MAX_MS = 2_000;
/** Inputs that are kept for what came of them alone: they are many. */
const MAX_OUTCOMES = 500;

/** Tells whether code was reached that is new. */
export type News = Pick<Coverage, 'skip' | 'hasNews' | 'learn'>;

/** Is an input that a target did not cope with. */
export interface Finding {
  readonly input: Buffer;
  readonly error: unknown;
}

/** Tries inputs on a target; keeps those that reach code, or come to an end, that none before did. */
export class Fuzzer {
  /** Inputs that together reach all the code that is reached. */
  readonly corpus: Buffer[] = [];
  executions = 0;
  readonly #target: Target;
  readonly #coverage: News;
  readonly #mutator: Mutator;
  readonly #parents: Buffer[] = [];
  readonly #outcomes = new Set<string>();
  /** Called with each input before it is tried. */
  readonly #onTry: (input: Buffer) => void;

  constructor(
    target: Target,
    coverage: News,
    seed: number,
    onTry: (input: Buffer) => void = () => undefined,
  ) {
    this.#target = target;
    this.#coverage = coverage;
    this.#mutator = new Mutator(new Chance(seed), target);
    this.#onTry = onTry;
  }

  /** How many inputs came to ends that differ. */
  get outcomes(): number {
    return this.#outcomes.size;
  }

  /** Tries inputs as they are, the shortest first. @returns the first that it does not cope with. */
  async replay(inputs: Iterable<Buffer>): Promise<Finding | undefined> {
    const sorted = [...inputs].sort((one, other) => one.length - other.length);
    for (const input of sorted) {
      const finding = await this.#learn(input);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  /** Tries new inputs until it is told to stop, or one is too much. */
  async search(isOver: () => boolean): Promise<Finding | undefined> {
    if (this.#parents.length === 0) this.#parents.push(Buffer.alloc(0));
    while (!isOver()) {
      // Others want their turn as well: signals, and the timer of a test runner.
      await turn();
      const batch = Array.from({ length: BATCH }, () => this.#mutator.mutate(this.#parents));
      for (const input of batch) {
        const finding = await this.#try(input);
        if (finding !== undefined) return finding;
      }
      if (!this.#coverage.hasNews()) continue;
      for (const input of batch) {
        const finding = await this.#learn(input);
        if (finding !== undefined) return finding;
      }
    }
    return undefined;
  }

  /** Makes a finding smaller, as long as it stays one with the same message. */
  async shrink(finding: Finding): Promise<Finding> {
    let smallest = finding;
    for (let length = finding.input.length; length >= 1; length >>= 1) {
      for (let at = 0; at + length <= smallest.input.length;) {
        const { input } = smallest;
        const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + length)]);
        const error = await this.#failureOf(shorter);
        if (error !== undefined && sameKind(error, finding.error)) smallest = { input: shorter, error };
        else at += length;
      }
    }
    return smallest;
  }

  async #learn(input: Buffer): Promise<Finding | undefined> {
    this.#coverage.skip();
    const finding = await this.#try(input);
    if (finding !== undefined) return finding;
    if (this.#coverage.learn()) {
      this.corpus.push(input);
      this.#parents.push(input);
    }
    return undefined;
  }

  async #try(input: Buffer): Promise<Finding | undefined> {
    this.executions += 1;
    this.#onTry(input);
    const start = performance.now();
    try {
      // What is awaited takes a turn, so only what has to be is.
      const answer = this.#target.run(Buffer.from(input));
      const outcome = typeof answer === 'string' ? answer : await answer;
      if (!this.#outcomes.has(outcome) && this.#outcomes.size < MAX_OUTCOMES) {
        this.#outcomes.add(outcome);
        this.#parents.push(input);
      }
    } catch (error) {
      return { input, error };
    }
    const ms = performance.now() - start;
    return ms > MAX_MS ? { input, error: new Error(`it took ${ms.toFixed()} ms`) } : undefined;
  }

  async #failureOf(input: Buffer): Promise<unknown> {
    const finding = await this.#try(input);
    return finding?.error;
  }
}

function sameKind(one: unknown, other: unknown): boolean {
  const kindOf = (error: unknown): string =>
    String(error instanceof Error ? `${error.name} ${error.message}` : error)
      .slice(0, 60)
      .replaceAll(/[0-9a-f]{2,}|\d+/g, '#');
  return kindOf(one) === kindOf(other);
}
