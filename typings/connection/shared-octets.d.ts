/** Octets up to which several runs are joined to one; longer ones leave side by side. */
export declare const MAX_JOINED_BYTES: number;
/**
 * Are octets that many connections are to send. Nobody may change them. Those who send the same ones one after the
 * other, as after several broadcasts in one turn, come to share the whole.
 */
export declare class SharedOctets {
    #private;
    /** How many they are. */
    readonly length: number;
    constructor(octets: Buffer);
    /** All octets, in one piece. */
    get octets(): Buffer;
    /**
     * Adds others behind these.
     * @returns both, the same for everybody who asks in this turn; undefined when they are too many to be joined.
     */
    followedBy(others: SharedOctets): SharedOctets | undefined;
}
