import type { FrameSink } from './frame-parser.js';
import type { MemoryBudget } from './memory-budget.js';
/** Names the kinds of data message. */
export type MessageType = 'text' | 'binary';
/** Is a piece of a data message: its octets as they arrived; text is cut between characters. */
export type MessageFragment = {
    readonly type: 'text';
    readonly data: string;
    readonly final: boolean;
} | {
    readonly type: 'binary';
    readonly data: Buffer;
    readonly final: boolean;
};
/** Takes what a peer said, message by message. */
export interface MessageSink {
    onText(text: string): void;
    onBinary(data: Buffer): void;
    onFragment(fragment: MessageFragment): void;
    onPing(payload: Buffer): void;
    onPong(payload: Buffer): void;
    onClose(code: number, reason: string): void;
}
/** Configures a {@link MessageAssembler}. */
export interface MessageAssemblerOptions {
    /** Longest message, in octets; with `fragments` the longest frame. */
    readonly maxMessageBytes: number;
    /** Most empty fragments in a row. */
    readonly maxEmptyFragments: number;
    /** Whether messages are handed on in pieces instead of whole. */
    readonly fragments: boolean;
}
/**
 * Joins frames to messages (RFC 6455 §5.4, §5.6, §8.1), within limits that are checked from the headers. What it
 * holds of unfinished messages is charged to a process-wide budget in the name of `holder`.
 */
export declare class MessageAssembler<Holder extends object> implements FrameSink {
    #private;
    constructor(sink: MessageSink, options: MessageAssemblerOptions, budget: MemoryBudget<Holder>, holder: Holder);
    onFrame(opcode: number, fin: boolean, rsv1: boolean, buffer: Buffer, start: number, end: number, octetsOr: number): void;
    onFrameStart(opcode: number, fin: boolean, _rsv1: boolean, payloadLength: number): void;
    onFramePiece(buffer: Buffer, start: number, end: number, octetsOr: number, last: boolean): void;
    onControlFrame(opcode: number, buffer: Buffer, start: number, end: number): void;
    /** Lets go of an unfinished message for good: the connection is gone or failed, and no message follows. */
    discard(): void;
}
