/** Names the opcodes of RFC 6455 §5.2. */
export const Opcode = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** Names the status codes of a Close frame (RFC 6455 §7.4.1 and the IANA registry). */
export const CloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: reported when the peer's Close carried no code; asked of `close`, sends an empty Close. */
  NO_STATUS_RECEIVED: 1005,
  /** Never on the wire: reported when no Close came. */
  ABNORMAL_CLOSURE: 1006,
  INVALID_PAYLOAD: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  /** Never on the wire: reported when the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Gives the reason that goes with a known status code when the caller names none (websocket(n): close). */
export const DEFAULT_REASONS: Readonly<Record<number, string>> = Object.freeze({
  1000: 'Normal closure',
  1001: 'Endpoint going away',
  1002: 'Protocol error',
  1003: 'Received incompatible data type',
  1006: 'Abnormal closure',
  1007: 'Received data not consistent with type',
  1008: 'Policy violation',
  1009: 'Received message too big',
  1010: 'Missing extension',
  1011: 'Unexpected condition',
  1012: 'Service restart',
  1013: 'Try again later',
  1014: 'Bad gateway',
  1015: 'TLS handshake error',
});

/** Appended to the client's key before hashing (RFC 6455 §1.3). */
export const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The one version of the protocol (RFC 6455 §4.1). */
export const PROTOCOL_VERSION = 13;

/** Longest payload of a control frame, in octets (RFC 6455 §5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** Longest reason of a Close frame, in octets: the control payload less the code. */
export const MAX_CLOSE_REASON = MAX_CONTROL_PAYLOAD - 2;

const KiB = 1024;
const MiB = 1024 * KiB;

/** Octets that are read and ignored once a connection failed or its peer closed. */
export const MAX_IGNORED_BYTES = 16 * MiB;

/** Octets that are read and ignored once a connection failed because its peer floods. */
export const MAX_IGNORED_FLOOD_BYTES = 1 * MiB;

/** Holds the default of every limit and deadline; docs/limits.md explains each. */
export const DEFAULTS = Object.freeze({
  maxMessageBytes: 16 * MiB,
  maxEmptyFragments: 1024,
  deflateThreshold: 1 * KiB,
  maxUnfinishedBytes: 256 * MiB,
  softBacklogBytes: 1 * MiB,
  hardBacklogBytes: 16 * MiB,
  maxBacklogBytes: 256 * MiB,
  controlFramesPerSecond: 1000,
  controlFrameBurst: 10_000,
  maxQueuedBytes: 64 * KiB,
  maxQueuedMessages: 16,
  maxTurnBytes: 64 * KiB,
  maxTurnFrames: 1000,
  keepaliveServer: 30,
  keepaliveClient: 0,
  pongTimeoutMs: 20_000,
  /** Extra time for the pong: the slowest link that still counts as alive. */
  slowestLinkBytesPerSecond: 64 * KiB,
  closeTimeoutMs: 5_000,
  closeTotalTimeoutMs: 30_000,
  handshakeTimeoutMs: 10_000,
  maxHeaderFields: 200,
  maxPendingHandshakes: 1000,
  maxWaitingSockets: 10_000,
  maxResponseHeaderBytes: 16 * KiB,
  maxResponseBodyBytes: 1 * MiB,
  maxRedirects: 10,
});
