import type { ReceiverOptions } from './outcome.js';
import type { Dialect } from './reference-model.js';

/** Is a stream that shows a difference; what is left out is as {@link EXAMPLE_OPTIONS} have it. */
export interface Example extends Partial<ReceiverOptions> {
  /** Octets as hex. */
  readonly octets: string;
}

/** Says how an example is received unless it says otherwise: by a client, so that nothing is masked. */
export const EXAMPLE_OPTIONS: ReceiverOptions = {
  role: 'client',
  maxMessageBytes: 16 * 1024 * 1024,
  maxEmptyFragments: 1024,
  fragments: false,
};

/** Explains why a peer makes something else of some streams than the letter, and hawser, do. */
export interface Difference {
  /** Where the peer departs, in terms of the model: with it, the model does exactly what the peer does. */
  readonly dialect: Dialect;
  readonly explanation: string;
  readonly example: Example;
}

/** Lists all differences there are, peer by peer. What these do not make equal, is unexplained. */
export const DIFFERENCES = {
  ws: {
    'long lengths': {
      dialect: { takesLongLengths: true },
      explanation:
        'ws takes a payload length that is not in its shortest encoding. RFC 6455 §5.2: "the minimal number of bytes MUST be used"; hawser fails with 1002.',
      example: { octets: '817e000161 8901' },
    },
    'text at its end': {
      dialect: { checksTextAtEnd: true },
      explanation:
        'ws looks at a text once the message is there, so that what comes before its end (pings, a Close, another violation, nothing at all) still counts. hawser fails with 1007 at the first octet that cannot be UTF-8 (RFC 6455 §8.1).',
      example: { octets: '0103c32862 8900 8001 63' },
    },
    'longest frame': {
      dialect: { longestFrame: Number.MAX_SAFE_INTEGER },
      explanation:
        'ws fails any length over 2^53 - 1 with 1009, the top bit included. hawser fails the top bit with 1002, for RFC 6455 §5.2 says it "MUST be 0", and others by maxMessageBytes, if that is finite.',
      example: { octets: '82 7f 8000000000000000' },
    },
    'length before key': {
      dialect: { judgesLengthBeforeKey: true },
      explanation:
        'ws judges a length before the masking key is there, up to four octets earlier: seen when the stream breaks off in between. hawser judges whole headers.',
      example: { octets: '82fe0400', role: 'server', maxMessageBytes: 16 },
    },
    'Close by its header': {
      dialect: { judgesCloseByHeader: true },
      explanation:
        'ws fails a Close of one octet when it has its header, hawser when it has the octet: seen when the stream breaks off in between.',
      example: { octets: '8801' },
    },
    'empty fragments': {
      dialect: { hasNoEmptyLimit: true },
      explanation:
        'The Receiver of ws has no limit on empty fragments in a row (its WebSocket limits fragments of any length instead); hawser fails with 1008 past maxEmptyFragments.',
      example: { octets: '0200 0000 0000 8001 61', maxEmptyFragments: 1 },
    },
    'whole messages': {
      dialect: { limitsWholeMessages: true },
      explanation:
        'ws has whole messages only. With fragments: true hawser hands on pieces, and maxMessageBytes holds for each frame.',
      example: { octets: '020461626364 800465666768', maxMessageBytes: 5, fragments: true },
    },
  },
  undici: {
    'long lengths': {
      dialect: { takesLongLengths: true },
      explanation:
        'undici takes a payload length that is not in its shortest encoding. RFC 6455 §5.2: "the minimal number of bytes MUST be used"; hawser fails with 1002.',
      example: { octets: '817e000161 8901' },
    },
    'text at its end': {
      dialect: { checksTextAtEnd: true },
      explanation:
        'undici looks at a text once the message is there, so that what comes before its end still counts. hawser fails with 1007 at the first octet that cannot be UTF-8 (RFC 6455 §8.1).',
      example: { octets: '0103c32862 8900 8001 63' },
    },
    'longest frame': {
      dialect: { longestFrame: 2 ** 31 - 1 },
      explanation:
        'undici fails any length over 2^31 - 1 with 1009, the top bit included. hawser fails the top bit with 1002, for RFC 6455 §5.2 says it "MUST be 0", and others by maxMessageBytes, if that is finite.',
      example: { octets: '82 7f 8000000000000000' },
    },
    'empty fragments': {
      dialect: { hasNoEmptyLimit: true },
      explanation:
        'undici has no limit on empty fragments in a row, only one on fragments of any length that is off by default; hawser fails with 1008 past maxEmptyFragments.',
      example: { octets: '0200 0000 0000 8001 61', maxEmptyFragments: 1 },
    },
    'whole messages': {
      dialect: { limitsWholeMessages: true },
      explanation:
        'undici has whole messages only. With fragments: true hawser hands on pieces, and maxMessageBytes holds for each frame.',
      example: { octets: '020461626364 800465666768', maxMessageBytes: 5, fragments: true },
    },
    'marks of reasons': {
      dialect: { dropsMarksOfReason: 2 },
      explanation:
        'undici takes a byte order mark from the start of a reason, and its decoder takes another. hawser keeps what was sent, as RFC 6455 knows no such rule.',
      example: { octets: '8808 03e8 efbbbf 626f6d' },
    },
    'opcode before': {
      dialect: { limitsByLastOpcode: true },
      explanation:
        'undici asks the frame before whether a frame of up to 125 octets is a data frame, when it applies its limit on messages: a data frame behind a control frame passes, and a control frame behind a fragment counts to the message.',
      example: { octets: '02046162636489026869 8000', maxMessageBytes: 5 },
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Difference>>>>;

/** Names the peers that hawser is compared with. */
export type PeerName = keyof typeof DIFFERENCES;

/** Lists the differences of a peer with their names. */
export function differencesOf(peer: PeerName): [name: string, difference: Difference][] {
  return Object.entries(DIFFERENCES[peer]);
}

/** Puts differences together; `but` is left out. */
export function dialectOf(peer: PeerName, but?: string): Dialect {
  const kept = differencesOf(peer).filter(([name]) => name !== but);
  return Object.assign({}, ...kept.map(([, { dialect }]) => dialect)) as Dialect;
}
