const MiB = 2n ** 20n;
/** Default of `maxMessageBytes`. */
const LIMIT = 16n * MiB;

const NOT_MINIMAL = 'ERR_WS_LENGTH_NOT_MINIMAL 1002';
const TOP_BIT = 'ERR_WS_LENGTH_TOP_BIT 1002';
const TOO_LONG = 'ERR_WS_LIMIT_MAX_MESSAGE_BYTES 1009';
/** The verdict when the payload may come. */
export const FINE = '';

/** Is a payload length as a header has it. */
export interface Announcement {
  readonly bits: 7 | 16 | 64;
  readonly length: bigint;
  /** Error and close code; nothing when the payload may come. */
  readonly verdict: string;
}

/** Lists lengths with what a connection of the default limits makes of them. RFC 6455 §5.2: "the minimal number of bytes MUST be used", "the most significant bit MUST be 0". */
export const ANNOUNCEMENTS: readonly Announcement[] = [
  ...[0n, 1n, 2n, 124n, 125n].map((length) => ({ bits: 7, length, verdict: FINE }) as const),
  ...[0n, 1n, 2n, 124n, 125n].map((length) => ({ bits: 16, length, verdict: NOT_MINIMAL }) as const),
  ...[126n, 127n, 128n, 255n, 256n, 32_767n, 32_768n, 65_534n, 65_535n].map(
    (length) => ({ bits: 16, length, verdict: FINE }) as const,
  ),
  ...[0n, 1n, 125n, 126n, 127n, 255n, 32_768n, 65_534n, 65_535n].map(
    (length) => ({ bits: 64, length, verdict: NOT_MINIMAL }) as const,
  ),
  ...[65_536n, 65_537n, MiB, LIMIT - 1n, LIMIT].map(
    (length) => ({ bits: 64, length, verdict: FINE }) as const,
  ),
  ...[
    LIMIT + 1n,
    LIMIT * 2n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 31n + 1n,
    2n ** 32n - 1n,
    // Whose lower half by itself would be fine.
    2n ** 32n,
    2n ** 32n + 1n,
    2n ** 32n + 126n,
    2n ** 32n + 65_536n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 62n,
    2n ** 63n - 1n,
  ].map((length) => ({ bits: 64, length, verdict: TOO_LONG }) as const),
  ...[2n ** 63n, 2n ** 63n + 1n, 2n ** 63n + 65_536n, 2n ** 64n - 2n ** 32n, 2n ** 64n - 1n].map(
    (length) => ({ bits: 64, length, verdict: TOP_BIT }) as const,
  ),
];
