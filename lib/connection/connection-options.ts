import {
  PER_MESSAGE_DEFLATE,
  deflateSettings,
  type PerMessageDeflateOptions,
} from '../compression/deflate-options.js';
import { InvalidOptionError } from '../errors.js';
import {
  boolean,
  func,
  instance,
  integer,
  limit,
  milliseconds,
  normalise,
  number,
  oneOf,
  string,
  type Normalised,
  type SchemaOf,
} from '../options.js';
import { DEFAULTS, MAX_CONTROL_PAYLOAD } from '../protocol/constants.js';
import type { Handler } from './connection-events.js';
import { KeepaliveController } from './keepalive-controller.js';

/** Says what happens to a connection whose peer reads too slowly, once the hard limit is reached. */
export type SlowConsumerPolicy = 'disconnect' | 'drop' | 'pause';

/** Configures any connection, of either role. Unknown options throw. */
export interface ConnectionOptions {
  /** Called with everything that happens (websocket(n): Callbacks). */
  readonly handler?: Handler | undefined;
  /** Messages that an asynchronous handler may work on at once. @defaultValue 1 */
  readonly handlerConcurrency?: number | undefined;
  /** Seconds without a received octet after which a ping is sent; zero or less: off. @defaultValue 30 in servers, 0 in clients */
  readonly keepalive?: number | undefined;
  /** Text of the keepalive pings, at most 125 octets. @defaultValue '' */
  readonly ping?: string | undefined;
  /** Milliseconds that the peer has to show life after a keepalive ping, plus octets sent ÷ 64 KiB/s. @defaultValue 20000 */
  readonly pongTimeoutMs?: number | undefined;
  /** Milliseconds without progress after which a closing handshake is given up. @defaultValue 5000 */
  readonly closeTimeoutMs?: number | undefined;
  /** Milliseconds after which a closing handshake is given up in any case. @defaultValue 30000 */
  readonly closeTotalTimeoutMs?: number | undefined;
  /** Longest message taken, in octets; with `fragments` the longest frame. Longer ones fail with 1009. @defaultValue 16 MiB */
  readonly maxMessageBytes?: number | undefined;
  /** Most empty fragments in a row; more fail with 1008. @defaultValue 1024 */
  readonly maxEmptyFragments?: number | undefined;
  /** Whether messages come as `fragment` events, piece by piece, instead of whole. @defaultValue false */
  readonly fragments?: boolean | undefined;
  /**
   * Whether whole text messages come as strings, or as Buffers of their octets, which were checked: for those who only
   * pass them on, and save the decoding. They come as `utf8` events, and to a stream's reader. @defaultValue 'string'
   */
  readonly textAs?: 'string' | 'buffer' | undefined;
  /**
   * Whether messages may be compressed with permessage-deflate (RFC 7692), and how; in force if the other side has it
   * too. @defaultValue true in clients, false in servers
   */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Octets of backlog from which `write` returns false. @defaultValue 1 MiB, or `hardBacklogBytes` if that is less */
  readonly softBacklogBytes?: number | undefined;
  /** Octets of backlog from which `slowConsumer` applies. @defaultValue 16 MiB */
  readonly hardBacklogBytes?: number | undefined;
  /**
   * What to do with a message handed in at or above the hard limit: `disconnect` ends the connection,
   * `drop` drops it (`send` returns 0), `pause` takes it and stops reading from this peer until below the soft
   * limit. @defaultValue 'disconnect'
   */
  readonly slowConsumer?: SlowConsumerPolicy | undefined;
  /** Control frames taken per second, in the long run; more fail with 1008. @defaultValue 1000 */
  readonly controlFramesPerSecond?: number | undefined;
  /** Control frames taken at once. @defaultValue 10000 */
  readonly controlFrameBurst?: number | undefined;
  /** Octets of messages that wait for a listener or an asynchronous handler before reading pauses. @defaultValue 64 KiB */
  readonly maxQueuedBytes?: number | undefined;
  /** Messages that wait so. @defaultValue 16 */
  readonly maxQueuedMessages?: number | undefined;
  /** Octets one connection may use of a turn of the event loop; one in whose chunk no frame ends counts for a sixteenth. @defaultValue 64 KiB */
  readonly maxTurnBytes?: number | undefined;
  /** Frames one connection may use of a turn of the event loop. @defaultValue 1000 */
  readonly maxTurnFrames?: number | undefined;
  /** Schedules the keepalive pings. @defaultValue one for the whole process */
  readonly keepaliveController?: KeepaliveController | undefined;
}

/** Describes each option of {@link ConnectionOptions}. */
export const CONNECTION_SCHEMA = {
  handler: func<Handler>(),
  handlerConcurrency: integer(1, { min: 1, max: Infinity }),
  keepalive: number(),
  ping: string('', MAX_CONTROL_PAYLOAD),
  pongTimeoutMs: milliseconds(DEFAULTS.pongTimeoutMs, { min: 1 }),
  closeTimeoutMs: milliseconds(DEFAULTS.closeTimeoutMs, { min: 1 }),
  closeTotalTimeoutMs: milliseconds(DEFAULTS.closeTotalTimeoutMs, { min: 1 }),
  maxMessageBytes: limit(DEFAULTS.maxMessageBytes),
  maxEmptyFragments: limit(DEFAULTS.maxEmptyFragments),
  fragments: boolean(false),
  textAs: oneOf(['string', 'buffer'], 'string'),
  perMessageDeflate: PER_MESSAGE_DEFLATE,
  softBacklogBytes: integer(undefined, { min: 1, max: Infinity }),
  hardBacklogBytes: limit(DEFAULTS.hardBacklogBytes, { min: 1 }),
  slowConsumer: oneOf(['disconnect', 'drop', 'pause'], 'disconnect'),
  controlFramesPerSecond: limit(DEFAULTS.controlFramesPerSecond, { min: 1 }),
  controlFrameBurst: limit(DEFAULTS.controlFrameBurst, { min: 1 }),
  maxQueuedBytes: limit(DEFAULTS.maxQueuedBytes, { min: 1 }),
  maxQueuedMessages: limit(DEFAULTS.maxQueuedMessages, { min: 1 }),
  maxTurnBytes: limit(DEFAULTS.maxTurnBytes, { min: 1 }),
  maxTurnFrames: limit(DEFAULTS.maxTurnFrames, { min: 1 }),
  keepaliveController: instance(KeepaliveController),
} satisfies SchemaOf<ConnectionOptions>;

/** Are connection options after their check, all present. */
export interface ConnectionSettings extends Omit<Normalised<typeof CONNECTION_SCHEMA>, 'softBacklogBytes'> {
  readonly softBacklogBytes: number;
}

/**
 * Checks connection options.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option, a bad value, or a soft limit above the
 * hard one.
 */
export function connectionSettings(options: ConnectionOptions | undefined): ConnectionSettings {
  const settings = normalise(CONNECTION_SCHEMA, options, 'ConnectionOptions');
  const { hardBacklogBytes, perMessageDeflate = false } = settings;
  deflateSettings(perMessageDeflate);
  const { softBacklogBytes = Math.min(DEFAULTS.softBacklogBytes, hardBacklogBytes) } = settings;
  if (softBacklogBytes > hardBacklogBytes) {
    const expected = `at most hardBacklogBytes, ${String(hardBacklogBytes)}`;
    throw new InvalidOptionError('softBacklogBytes', softBacklogBytes, expected);
  }
  return Object.freeze({ ...settings, softBacklogBytes });
}

/**
 * Divides options by who owns them.
 * @returns those of {@link ConnectionOptions}, for {@link connectionSettings}, and the rest.
 */
export function splitConnectionOptions(
  options: object,
): [own: ConnectionOptions, rest: Record<string, unknown>] {
  const own: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    (Object.hasOwn(CONNECTION_SCHEMA, name) ? own : rest)[name] = value;
  }
  return [own, rest];
}
