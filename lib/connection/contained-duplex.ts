import { captureRejectionSymbol, errorMonitor } from 'node:events';
import { Duplex } from 'node:stream';
import { log } from '../logging.js';

/**
 * Is a Duplex whose listeners cannot harm anything but their own stream: what one of them throws, or rejects with,
 * ends that stream and goes no further.
 */
export abstract class ContainedDuplex extends Duplex {
  /**
   * Emits, but never throws once the stream is open: an `error` that nobody listens to is passed over, a listener
   * that throws ends this stream.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    // hot path: benchmarks/micro/receiver
    if (event === 'error') return this.emitError(args[0] as Error);
    try {
      return super.emit(event, ...args);
    } catch (error) {
      this.listenerOnError(error, event);
      return true;
    }
  }

  /** Does for asynchronous listeners what {@link ContainedDuplex.emit} does for others. */
  override [captureRejectionSymbol](error: unknown, event: string | symbol): void {
    this.listenerOnError(error, event);
  }

  /** Contains what a listener, the handler or a callback threw. @internal */
  listenerOnError(error: unknown, where: string | symbol): void {
    log('error', 'a listener threw', { event: String(where), err: error });
    this.endForListener(
      error instanceof Error ? error : new Error(`a listener threw ${String(error)}`, { cause: error }),
    );
  }

  /** Ends the stream because one of its own listeners failed. @internal */
  protected abstract endForListener(error: Error): void;

  /**
   * Tells everybody but the listeners of an error.
   * @returns whether that will do when nobody listens; if not, the error is thrown, as Node does.
   * @internal
   */
  protected abstract reportError(error: Error): boolean;

  /** Not private: that would cost each connection a field. @internal */
  protected emitError(error: Error): boolean {
    const isReported = this.reportError(error);
    if (this.listenerCount('error') === 0) {
      if (!isReported) return super.emit('error', error);
      return this.emit(errorMonitor, error);
    }
    try {
      return super.emit('error', error);
    } catch (thrown) {
      this.listenerOnError(thrown, 'error');
      return true;
    }
  }
}
