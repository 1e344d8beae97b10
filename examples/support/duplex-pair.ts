import { Duplex } from 'node:stream';

/** Is one end of a pair: what is written to it is read at the other. */
class End extends Duplex {
  other: End | undefined;
  #taken: (() => void) | undefined;

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const other = this.other!;
    if (other.push(chunk)) callback();
    else other.#taken = callback;
  }

  override _final(callback: () => void): void {
    this.other!.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.other!.push(null);
    callback(error);
  }
}

/** Makes two byte streams in memory that are joined to each other, as `stream.duplexPair` of Node 22.6 does. */
export function duplexPair(): [Duplex, Duplex] {
  const [left, right] = [new End(), new End()];
  left.other = right;
  right.other = left;
  return [left, right];
}
