import { Buffer } from 'node:buffer';
import { Opcode } from '../protocol/constants.js';
import type { PreparedMessage } from './prepared-message.js';
/** Is anything that can be sent: strings as UTF-8, octets as they are. */
export type MessageData = string | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
/** Names what `send` can send, in any letter case or as opcode 1, 2, 9 or 10 (websocket(n): send). */
export type SendType = 'text' | 'binary' | 'ping' | 'pong' | (string & {}) | 1 | 2 | 9 | 10;
/**
 * Reads the `type` argument of `send`.
 * @throws InvalidOptionError for anything else, with what was probably meant.
 */
export declare function sendOpcode(type: unknown): Opcode;
/**
 * Reads a message: strings stay strings, octets become a Buffer over the same memory. Memory that may change its
 * size, or be changed by another thread, under way is copied.
 * @param name - name of the argument, for the error.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for anything else, and for detached memory.
 */
export declare function messageData(message: unknown, name?: string): string | Buffer;
/** Tells whether these are so few octets that they are copied as they are framed: their memory does not matter then. */
export declare function isBrief(message: unknown): message is Uint8Array;
/** Counts the octets of a message. */
export declare function byteLength(data: string | Buffer): number;
/** Is a frame that was admitted to the queue, in the order of the calls. */
export interface AdmittedFrame {
    /** Opcode on the wire: 0 for a continuation. */
    readonly opcode: number;
    readonly fin: boolean;
    readonly data: string | Buffer;
    /** The message that this frame is the whole of, if many are to get it. */
    readonly prepared?: PreparedMessage;
}
/**
 * Follows the message that is being sent in fragments, so that all of them keep its type (RFC 6455 §5.4), and
 * carries a high surrogate at the end of a text fragment over to the next.
 */
export declare class OutgoingMessage {
    #private;
    /** Tells whether a message is begun and not finished. */
    get isOpen(): boolean;
    /** Tells whether the next frame begins a message. */
    get isIdle(): boolean;
    /** Tells whether the fragments of a dropped message are still coming. */
    get isSkipping(): boolean;
    /** Drops a frame of a message that was dropped from its start. */
    skip(final: boolean): void;
    /**
     * Checks the next fragment against those before. Nothing changes when it throws.
     * @throws InvalidStateError when the type changes within a message, InvalidOptionError when octets sent as text
     * are not UTF-8.
     */
    admit(opcode: number, data: string | Buffer, final: boolean): AdmittedFrame;
}
/** @throws InvalidOptionError for octets that are no text. */
export declare function checkUtf8(data: string | Buffer): void;
