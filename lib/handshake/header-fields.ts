import { splitList, trimOws } from './field-grammar.js';

const NONE: readonly string[] = Object.freeze([]);

/**
 * Reads the header fields of a request or response from Node's `rawHeaders`, where nothing is merged or dropped:
 * `headers` keeps only the first Host, so a doubled one could not be seen there (RFC 7230 §5.4).
 */
export class HeaderFields {
  /** Number of fields, each occurrence counted. */
  readonly count: number;
  readonly #raw: readonly string[];

  /** @param rawHeaders - Names and values in turn, as `IncomingMessage.rawHeaders` has them. */
  constructor(rawHeaders: readonly string[]) {
    this.count = rawHeaders.length >> 1;
    this.#raw = rawHeaders;
  }

  /** Returns the values of all fields of this lower-case name, in order. */
  all(name: string): readonly string[] {
    let index = this.#find(name, 0);
    if (index === -1) return NONE;
    const values: string[] = [];
    for (; index !== -1; index = this.#find(name, index + 1)) values.push(this.#valueAt(index));
    return values;
  }

  /** Tells whether the value of any field of this lower-case name is as wanted. */
  some(name: string, isWanted: (value: string) => boolean): boolean {
    for (let index = this.#find(name, 0); index !== -1; index = this.#find(name, index + 1)) {
      if (isWanted(this.#valueAt(index))) return true;
    }
    return false;
  }

  /** Returns the value of the one field of this lower-case name; `undefined` when it is absent or came several times. */
  single(name: string): string | undefined {
    const index = this.#find(name, 0);
    return index === -1 || this.#find(name, index + 1) !== -1 ? undefined : this.#valueAt(index);
  }

  /** Combines all fields of this lower-case name that are not empty into one value (RFC 7230 §3.2.2). */
  combined(name: string): string {
    const values = this.all(name);
    return values === NONE ? '' : values.filter((value) => value !== '').join(', ');
  }

  /** Returns the elements of a comma-separated list that may be spread over several fields of this lower-case name. */
  list(name: string): readonly string[] {
    const values = this.all(name);
    return values === NONE ? NONE : values.flatMap(splitList);
  }

  /** Copies the fields into an object without prototype: a string for a field that came once, else an array. */
  toRecord(): Record<string, string | string[]> {
    const record = Object.create(null) as Record<string, string | string[]>;
    for (let index = 0; index < this.count; index++) {
      const name = (this.#raw[index * 2] as string).toLowerCase();
      const before = record[name];
      const value = this.#valueAt(index);
      if (before === undefined) record[name] = value;
      else if (typeof before === 'string') record[name] = [before, value];
      else before.push(value);
    }
    return record;
  }

  /** Returns the index of the next field of this lower-case name; -1 if there is none. */
  #find(name: string, from: number): number {
    for (let index = from; index < this.count; index++) {
      const own = this.#raw[index * 2] as string;
      if (own.length === name.length && own.toLowerCase() === name) return index;
    }
    return -1;
  }

  #valueAt(index: number): string {
    return trimOws(this.#raw[index * 2 + 1] as string);
  }
}
