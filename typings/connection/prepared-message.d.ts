import { type MessageData, type SendType } from './outgoing-message.js';
/**
 * Holds a message that is sent many times: framed once, and compressed once for all connections that have agreed on
 * the same parameters. It never changes.
 */
export declare class PreparedMessage {
    #private;
    /** Kind of the message. */
    readonly type: 'text' | 'binary';
    /** Octets of the message. */
    readonly byteLength: number;
    /**
     * Makes a message ready to be sent any number of times, to any connections.
     * @param type - `text` or `binary`, in any letter case, or opcode 1 or 2.
     * @param message - strings go as UTF-8, octets as they are. They are copied: the caller may change them afterwards.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what cannot be sent, octets as text that are not UTF-8
     * among it.
     */
    constructor(type: SendType, message: MessageData);
}
