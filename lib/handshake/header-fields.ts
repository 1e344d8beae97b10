import { splitList, trimOws } from './field-grammar.js';

const NONE: readonly string[] = Object.freeze([]);

/**
 * Reads the header fields of a request or response from Node's `rawHeaders`, where nothing is merged or dropped:
 * `headers` keeps only the first Host, so a doubled one could not be seen there (RFC 7230 §5.4).
 */
export class HeaderFields {
  /** Number of fields, each occurrence counted. */
  readonly count: number;
  // A Map, since a plain object would find fields named `constructor` or `__proto__` in its prototype.
  readonly #values = new Map<string, string[]>();

  /** @param rawHeaders - Names and values in turn, as `IncomingMessage.rawHeaders` has them. */
  constructor(rawHeaders: readonly string[]) {
    this.count = rawHeaders.length >> 1;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      const value = trimOws(rawHeaders[i + 1] as string);
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else values.push(value);
    }
  }

  /** Returns the values of all fields of this lower-case name, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? NONE;
  }

  /** Returns the value of the one field of this lower-case name; `undefined` when it is absent or came several times. */
  single(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 1 ? values[0] : undefined;
  }

  /** Combines all fields of this lower-case name that are not empty into one value (RFC 7230 §3.2.2). */
  combined(name: string): string {
    return this.all(name)
      .filter((value) => value !== '')
      .join(', ');
  }

  /** Returns the elements of a comma-separated list that may be spread over several fields of this lower-case name. */
  list(name: string): string[] {
    return this.all(name).flatMap(splitList);
  }

  /** Copies the fields into an object without prototype: a string for a field that came once, else an array. */
  toRecord(): Record<string, string | string[]> {
    const record = Object.create(null) as Record<string, string | string[]>;
    for (const [name, values] of this.#values) {
      record[name] = values.length === 1 ? (values[0] as string) : [...values];
    }
    return record;
  }
}
