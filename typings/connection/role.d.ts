/** Names the two roles of RFC 6455. */
export type Role = 'client' | 'server';
/** Lists all that the role of an end decides once the opening handshake is done. */
export interface RoleRules {
    /** Whether our frames are masked and the peer's are not, or the other way round (RFC 6455 §5.1). */
    readonly masks: boolean;
    /** Whether we end the byte stream first after the closing handshake (RFC 6455 §7.1.1). */
    readonly endsStreamFirst: boolean;
    /** Default of the option `keepalive`, in seconds (websocket(n): configure). */
    readonly keepalive: number;
}
/** Holds the rules of each role. */
export declare const ROLE_RULES: {
    readonly [R in Role]: RoleRules;
};
