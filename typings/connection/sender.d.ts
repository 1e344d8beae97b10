import type { Duplex } from 'node:stream';
import type { Deflater } from '../compression/deflater.js';
import { LimitError } from '../errors.js';
import type { BatchOwner } from './batch-owner.js';
import type { ConnectionSettings } from './connection-options.js';
import { type AdmittedFrame } from './outgoing-message.js';
import type { PreparedMessage } from './prepared-message.js';
import { type BudgetHolder } from './process-limits.js';
/** Is told by a {@link Sender} what its backlog asks for. */
export interface SenderOwner extends BudgetHolder {
    /** Learns that the backlog has fallen below the soft limit again. */
    onDrain(): void;
    /** Learns that nothing may be under way any more: see {@link Sender.isAtRest}. */
    onRest(): void;
}
/** Sends frames into a byte stream, and knows how far the peer is behind. */
export declare class Sender implements BatchOwner {
    #private;
    /** Pongs that were dropped because a newer one made them needless (RFC 6455 §5.5.3). */
    pongsDropped: number;
    /** Whether its frames are masked (RFC 6455 §5.3). */
    readonly isMasked: boolean;
    /** @param deflater - compresses our messages, if that was agreed on. */
    constructor(owner: SenderOwner, stream: Duplex, settings: ConnectionSettings, masked: boolean, deflater?: Deflater);
    /** Tells whether nothing is under way, and nothing is known that would matter later. */
    get isAtRest(): boolean;
    /** Begins to send for another connection; only at rest. @param totalBytes - octets that were framed for it before. */
    begin(owner: SenderOwner, stream: Duplex, settings: ConnectionSettings, totalBytes: number): void;
    /** Forgets for whom it sent, so that it keeps no connection alive. */
    forget(): void;
    /** Octets that the socket has not taken yet. */
    get backlog(): number;
    /** Octets framed so far. */
    get totalBytes(): number;
    /** Octets that the socket has taken so far. */
    get takenBytes(): number;
    /** Tells whether the backlog has reached the soft limit and `drain` is due. */
    get needsDrain(): boolean;
    /** Whether something depends on what the socket takes. */
    get awaitsProgress(): boolean;
    /** Tells whether messages go as they are, so that {@link Sender.sendPlain} will do. */
    get isPlain(): boolean;
    /** Tells how many octets a frame takes: header and payload. */
    sizeOf(payloadLength: number): number;
    beginTurn(): void;
    /** Ends a turn. @returns whether this is at rest. */
    endTurn(): boolean;
    /** Tells whether a frame takes so long to compress that it is a matter for {@link Sender.sendSlowly}. */
    isSlow(frame: AdmittedFrame): boolean;
    /** Compresses a piece of a message in the thread pool, then frames it; no other data may go meanwhile. @returns as {@link Sender.sendFrame}. */
    sendSlowly({ opcode, fin, data, prepared }: AdmittedFrame): Promise<number>;
    /** Frames a whole message as it is. @returns octets of header and payload. */
    sendPlain(opcode: number, data: string | Buffer): number;
    /** Frames a whole binary message as it is, by copy. @param octets - few: see {@link isBrief}. @returns octets of header and payload. */
    sendBriefly(octets: Uint8Array): number;
    /** Frames a control frame, or data, compressed if it is to be. @returns octets of header and payload. */
    sendFrame(frame: AdmittedFrame): number;
    /** Frames a ping or a pong. @returns octets of header and payload. */
    sendControl(opcode: number, payload: string | Buffer): number;
    /** Answers a ping; while the peer takes nothing, only the newest one. */
    answerPing(payload: Buffer): void;
    /** Sends a whole message that others get too. @returns octets of header and payload. */
    sendPrepared(message: PreparedMessage): number;
    /**
     * Sends a whole message that others get too where that takes no more than to hand it on.
     * @param isAlone - whether no other is expected in this turn, so that it goes right away.
     * @returns its octets; 0 where it takes more.
     */
    sendLightly(message: PreparedMessage, isAlone: boolean): number;
    /** Puts a Close on the socket, behind all that was sent (RFC 6455 §5.5.1). */
    sendClose(code: number, reason: string): void;
    /** Waits until the socket has taken all that was sent. @throws what {@link Sender.discard} gives. */
    taken(): Promise<void>;
    /** Ends the byte stream once all that was sent is written; `whenTaken` is called when that has come to pass. */
    end(whenTaken: () => void): void;
    /** Makes the error for a peer that takes too little: by its own limit, else by that of the whole process. */
    slowness(): LimitError;
    /** Forgets all that was not taken: the stream is gone. */
    discard(reason: () => Error): void;
    /** Learns from the batch that octets which others get too may wait for long. */
    batchOnShared(octets: Buffer, end: number): void;
    /** Learns from the batch that nothing may be under way any more. */
    batchOnRest(): void;
    /** Learns from the batch that the socket has taken something. */
    batchOnProgress(): void;
}
/** Makes the error for output that the peer does not take. */
export declare function slowConsumer(limit: string, value: number, backlog: number): LimitError;
