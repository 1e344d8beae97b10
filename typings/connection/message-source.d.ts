import type { Opcode } from '../protocol/constants.js';
import { type MessageData } from './outgoing-message.js';
import type { Sender } from './sender.js';
/** Gives the pieces of one message, in order: a Readable, a ReadableStream, a generator, an array. */
export type MessagePieces = AsyncIterable<MessageData> | Iterable<MessageData>;
/** Is a session, as far as a message in pieces needs it; its sender may be another one after each wait. */
export interface Sending {
    readonly sender: Sender;
}
/** Is a message whose pieces are still to come; they leave as fragments, as fast as the peer takes them. */
export declare class MessageSource {
    #private;
    /** Whether the message was begun, and not brought to its end. */
    isUnfinished: boolean;
    /** Octets of its frames: headers and payloads. Rejects with whatever kept the message from its end. */
    readonly sent: Promise<number>;
    /** @param softBacklogBytes - octets that the socket may be behind before the next piece is asked for. */
    constructor(opcode: Opcode, pieces: MessagePieces, softBacklogBytes: number);
    /**
     * Sends all pieces, and the end of the message.
     * @param beforeFrame - called before each frame, to cancel it if nothing may be sent any more.
     * @returns what has kept the message from its end: what the source threw, InvalidOptionError
     * (`ERR_WS_INVALID_OPTION`) for a piece that cannot be sent, or what {@link MessageSource.cancel} was given.
     */
    sendTo(session: Sending, beforeFrame: () => void): Promise<Error | undefined>;
    /** Gives up: nobody takes the rest. Does nothing at the second call. */
    cancel(reason: Error): void;
    /** Gives up a message that is to be dropped as a whole. */
    drop(): void;
}
/** Tells whether something can be the pieces of a message; strings and octets are messages themselves. */
export declare function isPieces(value: unknown): value is MessagePieces;
