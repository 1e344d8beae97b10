import type { Duplex } from 'node:stream';
import { InvalidOptionError } from '../errors.js';
import { check, normalise, option, string, type SchemaOf } from '../options.js';
import type { OpenStream } from './connection.js';
import {
  connectionSettings,
  splitConnectionOptions,
  type ConnectionOptions,
  type ConnectionSettings,
} from './connection-options.js';
import { isDuplex } from './stream-claim.js';

/** Describes a byte stream on which the opening handshake is done (websocket(n): takeover). */
export interface TakenStream {
  /** Octets that came behind the opening handshake and were read already. @defaultValue none */
  readonly head?: Uint8Array | undefined;
  /** Subprotocol that was agreed on. @defaultValue '' */
  readonly protocol?: string | undefined;
  /** Path of the request, raw, without the query. @defaultValue '' */
  readonly path?: string | undefined;
  /** Query of the request, without `?`. @defaultValue '' */
  readonly query?: string | undefined;
}

/** Configures a connection over a byte stream that was taken over. */
export interface TakeoverOptions extends ConnectionOptions, TakenStream {}

const TAKEN_SCHEMA = {
  head: option('a Buffer or Uint8Array', (value): value is Uint8Array => value instanceof Uint8Array),
  protocol: string(''),
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
  stream: Duplex,
  options: TakeoverOptions | undefined,
): { settings: ConnectionSettings; open: OpenStream } {
  if (!isDuplex(stream))
    throw new InvalidOptionError('stream', stream, 'a Duplex of bytes, such as a socket');
  const [own, rest] = splitConnectionOptions(check('options', TAKEOVER_OPTIONS, options));
  const { head, protocol, path, query } = normalise(TAKEN_SCHEMA, rest, 'TakeoverOptions');
  const details = { protocol, extensions: '', path, query, headers: {} };
  const settings = connectionSettings(own);
  return { settings, open: { stream, details, ...(head !== undefined && { head: Buffer.from(head) }) } };
}
