import { WritableSide } from './writable-side.js';
type Listener = Parameters<WritableSide['on']>[1];
/**
 * Is the stream that a connection is: a Duplex with one chunk per message over a {@link Session}, from the first
 * reader to the end.
 */
export declare abstract class MessageStream extends WritableSide {
    #private;
    on(event: string | symbol, listener: Listener): this;
    addListener(event: string | symbol, listener: Listener): this;
    prependListener(event: string | symbol, listener: Listener): this;
    /** Stops delivery and pauses the socket. */
    pause(): this;
    resume(): this;
    read(size?: number): unknown;
    /**
     * Ends the connection: with a Close 1001 (1011 with an error) while open, as far as the socket takes it at
     * once. `close` follows.
     */
    destroy(error?: Error | null): this;
    /** Closes with 1000 and waits for `close`; messages that nobody has read by then are dropped. */
    [Symbol.asyncDispose](): Promise<void>;
    /** Goes through the messages one by one, past Node's buffer; to leave the loop ends the connection. */
    [Symbol.asyncIterator](): NodeJS.AsyncIterator<string | Buffer>;
    /** Gives whoever was to read what the peer said before it closed a last chance to come. */
    private awaitConsumer;
    /** Ends the readable side, and this stream once its reader has come to the end. */
    private endReading;
    /** Ends the writable side and then this stream, or cuts a writer short that does not end when its reader has. */
    private endWriting;
    private giveToTaker;
    /** Tells those who wait for a message that none will come. */
    private turnTakersAway;
    /** Returns what a reader is told of an end that cut something off. */
    private reasonOfEnd;
    private takeUpReading;
    /** Begins delivery in the next microtask after the first consumer came. */
    private noteListener;
    private streamReading;
    /** Whether Node has asked for messages. */
    private isWanted;
    private awaitsConsumer;
    private unpause;
}
export {};
