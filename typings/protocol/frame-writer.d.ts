/** Receives framed octets in order; implemented by the output batch. */
export interface FrameTarget {
    /** Makes room for `length` octets in one piece of {@link FrameTarget.slab} and returns where they start. */
    reserve(length: number): number;
    /** Gives back the last `length` octets of the room reserved last. */
    giveBack(length: number): void;
    /** Buffer that the room reserved last lies in. */
    readonly slab: Buffer;
    /** Adds octets by reference; nobody may change them from now on. */
    append(octets: Buffer): void;
}
/** Payloads up to this many octets are copied next to their header; longer ones go by reference. */
export declare const COPY_LIMIT: number;
/** Tells how many octets the header of a frame takes (RFC 6455 §5.2). */
export declare function headerLength(payloadLength: number, masked: boolean): number;
/**
 * Writes a header into a buffer that has room for it.
 * @param firstOctet - FIN, RSV1 and opcode.
 * @returns the offset behind the length field, where the masking key or the payload goes.
 */
export declare function writeHeader(slab: Buffer, start: number, firstOctet: number, payloadLength: number, masked: boolean): number;
/** Joins the flags and the opcode of a frame to its first octet. */
export declare function firstOctet(opcode: number, fin: boolean, rsv1: boolean): number;
/** Frames messages into a {@link FrameTarget} (RFC 6455 §5.2), masked in the client role (§5.3). */
export declare class FrameWriter {
    #private;
    constructor(target: FrameTarget, masked: boolean);
    /** Frames a message of either kind. @returns octets of header and payload. */
    write(first: number, data: string | Buffer): number;
    /**
     * Frames a string as UTF-8; a lone surrogate becomes U+FFFD.
     * @returns octets of header and payload.
     */
    writeText(first: number, text: string): number;
    /**
     * Frames octets. They are not changed; in the server role, long ones go by reference.
     * @returns octets of header and payload.
     */
    writeOctets(first: number, octets: Buffer): number;
}
