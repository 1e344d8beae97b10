import { captureRejectionSymbol } from 'node:events';
import { Duplex } from 'node:stream';
type WriteCallback = (error?: Error | null) => void;
/**
 * Is the stream side of a connection: a Duplex with one chunk per message over a {@link Session}, whose listeners
 * cannot harm anything but their own connection.
 */
export declare abstract class MessageStream extends Duplex {
    #private;
    /** Octets handed in for sending that the socket has not taken yet. */
    get bufferedAmount(): number;
    /**
     * Sends one message: a string as text, octets as binary.
     * @param chunk - the message; octets must not be changed until `callback`.
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
    /** Stops delivery and pauses the socket. */
    pause(): this;
    resume(): this;
    read(size?: number): unknown;
    /**
     * Ends the connection: with a Close 1001 (1011 with an error) while open, as far as the socket takes it at
     * once. `close` follows.
     */
    destroy(error?: Error): this;
    /**
     * Emits, but never throws once the connection was open: an `error` that nobody listens to is logged, a listener
     * that throws fails this connection with 1011.
     */
    emit(event: string | symbol, ...args: unknown[]): boolean;
    /** Does for asynchronous listeners what {@link MessageStream.emit} does for others. */
    [captureRejectionSymbol](error: unknown, event: string | symbol): void;
}
export {};
