/** Names the opcodes of RFC 6455 §5.2. */
export declare const Opcode: {
    readonly CONTINUATION: 0;
    readonly TEXT: 1;
    readonly BINARY: 2;
    readonly CLOSE: 8;
    readonly PING: 9;
    readonly PONG: 10;
};
export type Opcode = (typeof Opcode)[keyof typeof Opcode];
/** Names the status codes of a Close frame (RFC 6455 §7.4.1 and the IANA registry). */
export declare const CloseCode: {
    readonly NORMAL_CLOSURE: 1000;
    readonly GOING_AWAY: 1001;
    readonly PROTOCOL_ERROR: 1002;
    readonly UNSUPPORTED_DATA: 1003;
    /** Never on the wire: reported when the peer's Close carried no code; asked of `close`, sends an empty Close. */
    readonly NO_STATUS_RECEIVED: 1005;
    /** Never on the wire: reported when no Close came. */
    readonly ABNORMAL_CLOSURE: 1006;
    readonly INVALID_PAYLOAD: 1007;
    readonly POLICY_VIOLATION: 1008;
    readonly MESSAGE_TOO_BIG: 1009;
    readonly MANDATORY_EXTENSION: 1010;
    readonly INTERNAL_ERROR: 1011;
    readonly SERVICE_RESTART: 1012;
    readonly TRY_AGAIN_LATER: 1013;
    readonly BAD_GATEWAY: 1014;
    /** Never on the wire: reported when the TLS handshake failed. */
    readonly TLS_HANDSHAKE: 1015;
};
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
/** Gives the reason that goes with a known status code when the caller names none (websocket(n): close). */
export declare const DEFAULT_REASONS: Readonly<Record<number, string>>;
/** Appended to the client's key before hashing (RFC 6455 §1.3). */
export declare const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** The one version of the protocol (RFC 6455 §4.1). */
export declare const PROTOCOL_VERSION = 13;
/** Longest payload of a control frame, in octets (RFC 6455 §5.5). */
export declare const MAX_CONTROL_PAYLOAD = 125;
/** Longest reason of a Close frame, in octets: the control payload less the code. */
export declare const MAX_CLOSE_REASON: number;
/** Octets that are read and ignored once a connection failed or its peer closed. */
export declare const MAX_IGNORED_BYTES: number;
/** Octets that are read and ignored once a connection failed because its peer floods. */
export declare const MAX_IGNORED_FLOOD_BYTES: number;
/** Holds the default of every limit and deadline; docs/limits.md explains each. */
export declare const DEFAULTS: Readonly<{
    maxMessageBytes: number;
    maxEmptyFragments: 1024;
    deflateThreshold: number;
    maxUnfinishedBytes: number;
    softBacklogBytes: number;
    hardBacklogBytes: number;
    maxBacklogBytes: number;
    controlFramesPerSecond: 1000;
    controlFrameBurst: 10000;
    maxQueuedBytes: number;
    maxQueuedMessages: 16;
    maxTurnBytes: number;
    maxTurnFrames: 1000;
    keepaliveServer: 30;
    keepaliveClient: 0;
    pongTimeoutMs: 20000;
    /** Extra time for the pong: the slowest link that still counts as alive. */
    slowestLinkBytesPerSecond: number;
    closeTimeoutMs: 5000;
    closeTotalTimeoutMs: 30000;
    handshakeTimeoutMs: 10000;
    maxHeaderFields: 200;
    maxPendingHandshakes: 1000;
    maxWaitingSockets: 10000;
    maxResponseHeaderBytes: number;
    maxResponseBodyBytes: number;
    maxRedirects: 10;
}>;
