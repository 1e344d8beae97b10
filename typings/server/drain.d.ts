/** Says how connections are taken leave of. */
export interface DrainOptions {
    /** Status code of the Close frames; one that may be sent. @defaultValue 1001 */
    readonly code?: number | undefined;
    /** Reason of the Close frames, cut to 123 octets. @defaultValue that of the code */
    readonly reason?: string | undefined;
    /** Milliseconds after which those that are left are terminated. @defaultValue 10000 */
    readonly timeout?: number | undefined;
}
