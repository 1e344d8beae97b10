import { InvalidOptionError } from '../errors.js';
import {
  boolean,
  either,
  integer,
  limit,
  normalise,
  option,
  type Normalised,
  type Option,
  type SchemaOf,
} from '../options.js';
import { DEFAULTS } from '../protocol/constants.js';
import {
  MAX_WINDOW_BITS,
  MIN_OWN_WINDOW_BITS,
  MIN_WINDOW_BITS,
  type DeflateWishes,
} from '../protocol/permessage-deflate.js';

/** Tunes zlib's compressor; its manual describes each (deflateInit2). */
export interface ZlibDeflateOptions {
  /**
   * From 0 (none) over 1 (fastest) to 9 (smallest); -1 for zlib's own choice, 6. Level 3 takes half the time of 6 for
   * messages of 16 KiB and makes them some 5 to 10 % longer.
   * @defaultValue 3
   */
  readonly level?: number | undefined;
  /** Memory for the compressor while it works, 1 to 9. @defaultValue 8 */
  readonly memLevel?: number | undefined;
  /** One of zlib's strategies, `zlib.constants.Z_DEFAULT_STRATEGY` and the like, 0 to 4. @defaultValue 0 */
  readonly strategy?: number | undefined;
}

/** Configures permessage-deflate (RFC 7692 §7). */
export interface PerMessageDeflateOptions {
  /** Whether the server is to forget each message it has compressed: less memory, less compression. @defaultValue true */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Whether the client is to. @defaultValue true */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Base-2 logarithm of the window of the server's compressor, 8 to 15; 9 to 15 in servers. @defaultValue 15 */
  readonly serverMaxWindowBits?: number | undefined;
  /** Base-2 logarithm of the window of the client's compressor, 8 to 15; 9 to 15 in clients. @defaultValue 15 */
  readonly clientMaxWindowBits?: number | undefined;
  /** Octets of a message, or of its first fragment, from which it is compressed. @defaultValue 1 KiB */
  readonly threshold?: number | undefined;
  /** Tunes zlib's compressor. */
  readonly zlibDeflateOptions?: ZlibDeflateOptions | undefined;
}

const ZLIB_SCHEMA = {
  level: integer(3, { min: -1, max: 9 }),
  memLevel: integer(8, { min: 1, max: 9 }),
  strategy: integer(0, { min: 0, max: 4 }),
} satisfies SchemaOf<ZlibDeflateOptions>;

const WINDOW_BITS = { min: MIN_WINDOW_BITS, max: MAX_WINDOW_BITS };

const SCHEMA = {
  serverNoContextTakeover: boolean(true),
  clientNoContextTakeover: boolean(true),
  serverMaxWindowBits: integer(undefined, WINDOW_BITS),
  clientMaxWindowBits: integer(undefined, WINDOW_BITS),
  threshold: limit(DEFAULTS.deflateThreshold),
  zlibDeflateOptions: option('an object', (value): value is ZlibDeflateOptions => typeof value === 'object'),
} satisfies SchemaOf<PerMessageDeflateOptions>;

/** Are the options of permessage-deflate after their check. */
export interface DeflateSettings extends DeflateWishes {
  readonly threshold: number;
  readonly zlib: Normalised<typeof ZLIB_SCHEMA>;
}

/** Describes the option `perMessageDeflate`: whether and how messages are compressed. */
export const PER_MESSAGE_DEFLATE: Option<boolean | PerMessageDeflateOptions | undefined> = either(
  boolean(),
  option('an object', (value): value is PerMessageDeflateOptions => typeof value === 'object'),
);

/**
 * Checks the option `perMessageDeflate`.
 * @returns undefined for `false`.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value.
 */
export function deflateSettings(given: boolean | PerMessageDeflateOptions): DeflateSettings | undefined {
  if (given === false) return undefined;
  const options = given === true ? undefined : given;
  const { zlibDeflateOptions, ...settings } = normalise(SCHEMA, options, 'perMessageDeflate');
  const zlib = normalise(ZLIB_SCHEMA, zlibDeflateOptions, 'perMessageDeflate.zlibDeflateOptions');
  return Object.freeze({ ...settings, zlib });
}

/**
 * Checks a window that zlib is to compress with.
 * @param name - which of the options it is.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for one that zlib cannot have.
 */
export function checkOwnWindow(
  settings: DeflateSettings | undefined,
  name: 'serverMaxWindowBits' | 'clientMaxWindowBits',
): void {
  const bits = settings?.[name];
  if (bits === undefined || bits >= MIN_OWN_WINDOW_BITS) return;
  const expected = `an integer from ${String(MIN_OWN_WINDOW_BITS)} to ${String(MAX_WINDOW_BITS)} at this end`;
  throw new InvalidOptionError(name, bits, expected, 'zlib cannot compress with a window of 8 bits');
}
