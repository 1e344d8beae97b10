import { ContainedDuplex } from './contained-duplex.js';
type WriteCallback = (error?: Error | null) => void;
/**
 * Is the writable side of a connection: messages, and fragments of them, in the order they were handed in, under
 * the slow-consumer policy; and our Close behind them.
 */
export declare abstract class WritableSide extends ContainedDuplex {
    #private;
    /** Octets handed in for sending that the socket has not taken yet. */
    get bufferedAmount(): number;
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
    /**
     * Waits until all that was sent so far has been handed to the socket's kernel side.
     * @throws ConnectionClosedError (`ERR_WS_CONNECTION_CLOSED`) when the connection ends first.
     */
    flushed(): Promise<void>;
}
export {};
