import type { Charge } from './charge.js';
import { type Coding } from './coding.js';
import type { DeflateSettings } from './deflate-options.js';
/** Is told what a compressor keeps. */
type WindowCharge = Pick<Charge<object>, 'set' | 'close'>;
/**
 * Compresses the messages of one direction (RFC 7692 §7.2.1). What it may refer back to is given to zlib anew for
 * each piece, so that nothing of zlib outlives a call.
 */
export declare class Deflater {
    #private;
    /** Whether what it makes of a message depends on those before. */
    readonly keepsContext: boolean;
    /** @param charge - told what it keeps between messages, or between the pieces of one. */
    constructor(coding: Coding, settings: DeflateSettings, charge?: WindowCharge);
    /** Makes one that keeps no context, and else is like this. */
    twin(): Deflater;
    /** Tells whether another one makes the same of each message as this; neither keeps context. */
    isLike(deflater: Deflater): boolean;
    /** Tells whether a whole message is compressed. */
    takesWhole(length: number): boolean;
    /**
     * Tells whether the next piece is compressed, and takes so long that it is better done by
     * {@link Deflater.deflateLater}.
     */
    isSlow(isFirst: boolean, length: number): boolean;
    /** Decides on a message by its first piece, and tells of each whether it is compressed. */
    takes(isFirst: boolean, length: number): boolean;
    /**
     * Compresses the next piece of a message.
     * @returns the payload of its frame; undefined for a whole message that does not get shorter: it is to go as it is,
     * as some peers bound what comes before they inflate it.
     */
    deflateNow(octets: Buffer, final: boolean): Buffer | undefined;
    /** Does as {@link Deflater.deflateNow}, in the thread pool; one at a time. */
    deflateLater(octets: Buffer, final: boolean): Promise<Buffer | undefined>;
    /** Frees what it keeps, for good: no message follows. */
    discard(): void;
}
export {};
