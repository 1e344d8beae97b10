import { OutgoingQueue, type WriteCallback } from './outgoing-queue.js';
/** Is the writable side of a connection, as Node's streams have it: one message for each write. */
export declare abstract class WritableSide extends OutgoingQueue {
    /**
     * Sends one message: a string as text, octets as binary.
     * @param chunk - the message; octets must not be changed until `callback`.
     * @param callback - called once the socket has taken the message, or with the error that prevents it.
     * @returns whether the backlog is below the soft limit; if not, wait for `drain`.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything that is no message, InvalidStateError
     * (`ERR_WS_INVALID_STATE`) between the fragments of a message.
     */
    write(chunk: unknown, callback?: WriteCallback): boolean;
    write(chunk: unknown, encoding: BufferEncoding | undefined, callback?: WriteCallback): boolean;
    /** Sends a last message, if any, and starts the closing handshake with 1000; `finish` follows once all is taken. */
    end(callback?: () => void): this;
    end(chunk: unknown, callback?: () => void): this;
    end(chunk: unknown, encoding: BufferEncoding | undefined, callback?: () => void): this;
    /** Notes that somebody writes. @returns whether they may go on; if not, `drain` is due. */
    private tellWritten;
    private isDrainDue;
    private refuseWrite;
    /** Waits with the callback of a write until the socket has taken it: large octets are not copied. */
    private settleWrite;
    private callWriterBack;
    /** Emits `drain` when it was the queue alone that kept the backlog up; of its own backlog the sender tells. */
    private drainIfDue;
}
