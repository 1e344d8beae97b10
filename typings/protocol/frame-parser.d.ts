/**
 * Takes what the parser finds. Octets are passed as a buffer with offsets, already unmasked, and are valid only
 * during the call. `octetsOr` has bit 7 set if some octet is ≥ 0x80; it is -1 when nobody looked.
 */
export interface FrameSink {
    /** Takes a data frame whose payload lies in one piece. `opcode` is 0 for a continuation. */
    onFrame(opcode: number, fin: boolean, rsv1: boolean, buffer: Buffer, start: number, end: number, octetsOr: number): void;
    /** Takes the header of a data frame whose payload comes in pieces; the place to refuse a length. */
    onFrameStart(opcode: number, fin: boolean, rsv1: boolean, payloadLength: number): void;
    /** Takes a piece of the payload of the frame begun last; `last` when it completes that frame. */
    onFramePiece(buffer: Buffer, start: number, end: number, octetsOr: number, last: boolean): void;
    /** Takes a whole control frame. */
    onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void;
}
/** Configures a {@link FrameParser}. */
export interface FrameParserOptions {
    /** Whether frames must be masked: `true` when the peer is a client (RFC 6455 §5.1). */
    readonly masked: boolean;
    /** Whether RSV1 may mark the first frame of a data message (RFC 7692 §6). */
    readonly compression: boolean;
}
/**
 * Turns octets into calls of a {@link FrameSink} (RFC 6455 §5.2). Holds no payload: what is split between chunks
 * goes to the sink piece by piece. Masked chunks are unmasked in place.
 *
 * A frame that breaks a rule throws a `ProtocolError` out of {@link FrameParser.parse}; the parser must not be
 * used after that. The sink may push and stop while it is called, but not parse.
 */
export declare class FrameParser {
    #private;
    constructor(sink: FrameSink, options: FrameParserOptions);
    /** Tells whether octets handed in were not parsed yet. */
    get hasRest(): boolean;
    /**
     * Hands in a chunk, behind what is left of those before.
     * @param chunk - octets as they came; the parser owns and changes them from now on.
     */
    push(chunk: Buffer): void;
    /** Ends the running {@link FrameParser.parse} after the present frame; to be called by the sink. */
    stop(): void;
    /**
     * Parses what was handed in, until it is used up, {@link FrameParser.stop} is called, or `maxFrames` frames
     * were begun.
     * @returns the number of frames begun.
     * @throws ProtocolError when the peer breaks a rule, and whatever the sink throws; the caller fails the
     * connection.
     */
    parse(maxFrames: number): number;
}
