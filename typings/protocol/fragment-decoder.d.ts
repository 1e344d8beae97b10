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
/** Turns the octets of messages that are handed on in pieces into fragments. */
export declare class FragmentDecoder {
    #private;
    constructor(onFragment: (fragment: MessageFragment) => void);
    /**
     * Takes the next octets of the message; those of text are checked at once (RFC 6455 §8.1).
     * @param data - octets that are the decoder's own.
     * @param final - whether the message ends with them.
     * @throws ProtocolError (`ERR_WS_INVALID_UTF8`) at the first octet that is wrong.
     */
    push(type: MessageType, data: Buffer, final: boolean): void;
}
