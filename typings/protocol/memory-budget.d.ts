/**
 * Bounds what many holders hold together, in octets: the process fails its largest holder rather than run out
 * of memory. Charging is O(1); only when the limit is passed are the holders compared.
 */
export declare class MemoryBudget<Holder extends object> {
    #private;
    /**
     * @param limit - octets that all holders may hold together
     * @param onExceeded - called with the largest holder, the octets it held, and the limit, when the limit is
     *   passed; the holder has been released by then and must give up what it holds. May charge and release.
     */
    constructor(limit: number, onExceeded: (largest: Holder, held: number, limit: number) => void);
    /** Gives the octets that all holders hold together, those in common once. */
    get total(): number;
    /** Gives the octets that all holders may hold together. */
    get limit(): number;
    /** Sets the limit, in octets. It takes effect at once: a lower one fails the largest holders now. */
    set limit(octets: number);
    /** Tells whether so much is held that nobody should take more than is needed. */
    get isStrained(): boolean;
    /** Gives the octets that one holder holds. */
    heldBy(holder: Holder): number;
    /**
     * Charges a holder. May fail it, or another, before it returns.
     *
     * @param holder - who holds the octets; forgotten when it holds none
     * @param delta - octets more, or less when negative; what would leave less than none leaves none
     */
    charge(holder: Holder, delta: number): void;
    /**
     * Notes octets that several holders are charged for and hold in common: of those, the process has fewer.
     *
     * @param delta - octets that are counted too often, more or less than before
     */
    overlap(delta: number): void;
    /** Takes back all that a holder holds, and forgets it. */
    release(holder: Holder): void;
}
