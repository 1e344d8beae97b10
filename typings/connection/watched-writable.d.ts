import { ContainedDuplex } from './contained-duplex.js';
/**
 * Is a Duplex that knows whether its writable side was ever used: as long as it was not, nobody has to ask Node whether
 * something waits there. A sender of many thousand messages to many thousand connections notices.
 */
export declare abstract class WatchedWritable extends ContainedDuplex {
    write(...args: unknown[]): boolean;
    end(...args: unknown[]): this;
    cork(): void;
}
