import { type MessagePieces } from './message-source.js';
import { type SendType } from './outgoing-message.js';
import { WatchedWritable } from './watched-writable.js';
export type WriteCallback = (error?: Error | null) => void;
/**
 * Is what a connection is to send, in the order it was handed in, under the slow-consumer policy; and our Close behind
 * it. As long as nothing has to wait it is sent at once; else Node's Writable is the queue.
 */
export declare abstract class OutgoingQueue extends WatchedWritable {
    #private;
    /** Octets handed in for sending that the socket has not taken yet. */
    get bufferedAmount(): number;
    /**
     * Waits until all that was sent so far has been handed to the socket's kernel side.
     * @throws ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends first.
     */
    flushed(): Promise<void>;
    /**
     * Sends one message from a source, as fragments (RFC 6455 §5.4), in its place behind all that was sent before; what
     * is sent meanwhile goes behind it, pings and pongs between its fragments. At the soft limit no piece is asked for until
     * the socket has taken all, so that a message of any size needs little memory. Nobody may change octets handed over.
     * @param type - `text` or `binary`, in any letter case, or opcode 1 or 2.
     * @param pieces - strings or octets: a Readable, a ReadableStream, an async generator, an array.
     * @returns octets of all its frames, once the last was framed; 0 when `slowConsumer: 'drop'` dropped it.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments of the wrong kind and InvalidStateError
     * (`ERR_WS_INVALID_STATE`) between the fragments of another message, at the call. Rejects with
     * ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends or the peer closes first, else with
     * what the source threw; the connection is then failed with 1011 if the message had begun, and goes on if not.
     */
    sendFragments(type: SendType, pieces: MessagePieces): Promise<number>;
    private heldOutput;
    /** Octets that wait here: in the queue, and for the end of a message in fragments. */
    private heldBytes;
    /** Whether messages wait in the queue. */
    private isQueueCounted;
    private enqueueFrame;
    /** Sends a frame that takes a while to compress; the queue waits. */
    private sendSlowly;
    private sendSource;
    private sendDeferred;
    private awaitFlushed;
    /** Waits until Node's Writable holds nothing of ours any more. */
    private awaitQueueDrained;
}
