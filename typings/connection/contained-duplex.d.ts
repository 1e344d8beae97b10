import { captureRejectionSymbol } from 'node:events';
import { Duplex } from 'node:stream';
/**
 * Is a Duplex whose listeners cannot harm anything but their own stream: what one of them throws, or rejects with,
 * ends that stream and goes no further.
 */
export declare abstract class ContainedDuplex extends Duplex {
    /**
     * Emits, but never throws once the stream is open: an `error` that nobody listens to is passed over, a listener
     * that throws ends this stream.
     */
    emit(event: string | symbol, ...args: unknown[]): boolean;
    /** Does for asynchronous listeners what {@link ContainedDuplex.emit} does for others. */
    [captureRejectionSymbol](error: unknown, event: string | symbol): void;
}
