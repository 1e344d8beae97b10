import { ContainedDuplex } from './contained-duplex.js';

/**
 * Is a Duplex that knows whether its writable side was ever used: as long as it was not, nobody has to ask Node whether
 * something waits there. A sender of many thousand messages to many thousand connections notices.
 */
export abstract class WatchedWritable extends ContainedDuplex {
  #isUsed = false;

  /** Whether nothing waits in the writable side. @internal */
  protected get isQueueEmpty(): boolean {
    // hot path: benchmarks/micro/sender
    return !this.#isUsed || (this.writableLength === 0 && this.writableCorked === 0);
  }

  /** Whether the writable side was ended. @internal */
  protected get isEnded(): boolean {
    // hot path: benchmarks/micro/sender
    return this.#isUsed && this.writableEnded;
  }

  override write(...args: unknown[]): boolean {
    this.#isUsed = true;
    return super.write(...(args as [unknown]));
  }

  override end(...args: unknown[]): this {
    this.#isUsed = true;
    return super.end(...(args as [unknown]));
  }

  override cork(): void {
    this.#isUsed = true;
    super.cork();
  }
}
