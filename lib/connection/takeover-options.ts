import type { Duplex } from 'node:stream';
import type { Deflate } from '../compression/coding.js';
import { InvalidOptionError } from '../errors.js';
import { check, normalise, option, string, type SchemaOf } from '../options.js';
import { parseExtensions, type ExtensionOffer } from '../protocol/extension-header.js';
import { readDeflateResponse, type DeflateWishes } from '../protocol/permessage-deflate.js';
import type { OpenStream } from './open-stream.js';
import {
  connectionSettings,
  splitConnectionOptions,
  type ConnectionOptions,
  type ConnectionSettings,
} from './connection-options.js';
import { deflateWishes, type Role } from './role.js';
import { isDuplex } from './stream-claim.js';

/** Describes a byte stream on which the opening handshake is done (websocket(n): takeover). */
export interface TakenStream {
  /** Octets that came behind the opening handshake and were read already. @defaultValue none */
  readonly head?: Uint8Array | undefined;
  /** Subprotocol that was agreed on. @defaultValue '' */
  readonly protocol?: string | undefined;
  /**
   * Value of Sec-WebSocket-Extensions in the response, if extensions were agreed on: `permessage-deflate` with its
   * parameters. @defaultValue ''
   */
  readonly extensions?: string | undefined;
  /** Path of the request, raw, without the query. @defaultValue '' */
  readonly path?: string | undefined;
  /** Query of the request, without `?`. @defaultValue '' */
  readonly query?: string | undefined;
}

/** Configures a connection over a byte stream that was taken over. */
export interface TakeoverOptions extends ConnectionOptions, TakenStream {}

/** Is what a response is read with that was agreed on by somebody else. */
const ANY: DeflateWishes = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
};

const TAKEN_SCHEMA = {
  head: option('a Buffer or Uint8Array', (value): value is Uint8Array => value instanceof Uint8Array),
  protocol: string(''),
  extensions: string(''),
  path: string(''),
  query: string(''),
} satisfies SchemaOf<TakenStream>;

/** Describes the options of a take-over as a whole. */
export const TAKEOVER_OPTIONS = option<TakeoverOptions>(
  'an object',
  (value): value is TakeoverOptions => typeof value === 'object' && !Array.isArray(value),
  {},
);

/**
 * Checks the options of a take-over.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what is no Duplex, an unknown option or a bad value.
 */
export function takeoverSettings(
  role: Role,
  stream: Duplex,
  options: TakeoverOptions | undefined,
): { settings: ConnectionSettings; open: OpenStream } {
  if (!isDuplex(stream))
    throw new InvalidOptionError('stream', stream, 'a Duplex of bytes, such as a socket');
  const [own, rest] = splitConnectionOptions(check('options', TAKEOVER_OPTIONS, options));
  const { head, protocol, extensions, path, query } = normalise(TAKEN_SCHEMA, rest, 'TakeoverOptions');
  const settings = connectionSettings(own);
  const deflate = takenDeflate(role, extensions, own.perMessageDeflate);
  const details = { protocol, extensions, path, query, headers: {} };
  return {
    settings,
    open: { stream, details, deflate, ...(head !== undefined && { head: Buffer.from(head) }) },
  };
}

/** @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for extensions that cannot be in force here. */
function takenDeflate(
  role: Role,
  extensions: string,
  perMessageDeflate: ConnectionOptions['perMessageDeflate'],
): Deflate | undefined {
  const settings = deflateWishes(role, perMessageDeflate ?? true);
  if (extensions === '') return undefined;
  const expected = "'permessage-deflate' with the parameters of the response";
  if (settings === undefined)
    throw new InvalidOptionError('extensions', extensions, "'', as perMessageDeflate is false");
  let accepted: ExtensionOffer[];
  try {
    accepted = parseExtensions(extensions);
  } catch (error) {
    throw new InvalidOptionError('extensions', extensions, expected, (error as Error).message);
  }
  const agreement = readDeflateResponse(accepted, ANY);
  if (typeof agreement !== 'object' || accepted.length > 1)
    throw new InvalidOptionError('extensions', extensions, expected);
  return { agreement, settings };
}
