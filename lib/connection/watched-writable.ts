import { ContainedDuplex } from './contained-duplex.js';
import { StreamMark } from './stream-marks.js';

/**
 * Is a Duplex that knows whether its writable side was ever used: as long as it was not, nobody has to ask Node whether
 * something waits there. A sender of many thousand messages to many thousand connections notices.
 */
export abstract class WatchedWritable extends ContainedDuplex {
  /** Bits of {@link StreamMark}. @internal */
  protected marks = 0;

  /** Whether `connect` was emitted, or is about to be. @internal */
  protected get isAnnounced(): boolean {
    return (this.marks & StreamMark.ANNOUNCED) !== 0;
  }

  /** Whether nothing waits in the writable side. @internal */
  protected get isQueueEmpty(): boolean {
    // hot path: benchmarks/micro/sender
    return (this.marks & StreamMark.USED) === 0 || (this.writableLength === 0 && this.writableCorked === 0);
  }

  /** Whether the writable side was ended. @internal */
  protected get isEnded(): boolean {
    // hot path: benchmarks/micro/sender
    return (this.marks & StreamMark.USED) !== 0 && this.writableEnded;
  }

  override write(...args: unknown[]): boolean {
    this.marks |= StreamMark.USED;
    return super.write(...(args as [unknown]));
  }

  override end(...args: unknown[]): this {
    this.marks |= StreamMark.USED;
    return super.end(...(args as [unknown]));
  }

  override cork(): void {
    this.marks |= StreamMark.USED;
    super.cork();
  }
}
