import type { Duplex } from 'node:stream';
import type { FrameTarget } from '../protocol/frame-writer.js';
import type { SharedOctets } from './shared-octets.js';
import { type TickTask } from './tick-round.js';
/** Is told by an {@link OutputBatch}, in a later turn, that the socket has taken something. */
export interface BatchOwner {
    /** Whether it has to be told also of what the socket takes at once. */
    readonly awaitsProgress: boolean;
    batchOnProgress(): void;
    /** Learns that octets which others get too may wait for long; `end` counts the octets up to and with them. */
    batchOnShared(octets: Buffer, end: number): void;
}
/**
 * Collects the frames of one connection, so that everything sent in one turn leaves in one socket write: at the
 * end of the current read callback, else on the next tick; at once above 64 KiB. While the socket is still busy
 * with the last write, frames wait here, where they are counted.
 */
export declare class OutputBatch implements FrameTarget, TickTask {
    #private;
    slab: Buffer;
    constructor(stream: Duplex, owner: BatchOwner);
    /** Octets handed in so far. */
    get totalBytes(): number;
    /** Octets that the socket has not taken yet, those of others included; 0 once the stream is gone. */
    get backlog(): number;
    /** Octets of ours that the socket has taken. */
    get takenBytes(): number;
    /** Whether the socket has not told that it took the last write. */
    get isStalled(): boolean;
    /** Octets that wait, if others get them all and the socket keeps up; else Infinity. */
    get lightBytes(): number;
    reserve(length: number): number;
    giveBack(length: number): void;
    append(octets: Buffer): void;
    /**
     * Adds octets that others get too. Several in a row leave as one buffer, the same for all who get the same ones.
     * @param isAlone - whether they are to go right away, if nothing stands against it.
     * @returns whether they do not wait among octets of other origin.
     */
    share(octets: SharedOctets, isAlone: boolean): boolean;
    /** Writes what has grown too large to wait for the end of the turn; to be called between frames. */
    flushIfLarge(): void;
    /** Begins a read callback: what is sent from now on leaves at {@link OutputBatch.endTurn}. */
    beginTurn(): void;
    /** Ends a read callback: one write for all that was sent in it. */
    endTurn(): void;
    /** Gives the socket as much as it takes. */
    flush(): void;
    /**
     * Ends the byte stream once everything handed in is written; what is handed in from now on is dropped.
     * @param whenTaken - called when the socket took it all.
     */
    end(whenTaken: () => void): void;
    /**
     * Waits until everything handed in so far is taken by the socket.
     * @throws what {@link OutputBatch.discard} was or is called with, when the stream goes first.
     */
    taken(): Promise<void>;
    /** Forgets everything: the stream is gone. */
    discard(reason: () => Error): void;
    onTick(): void;
}
