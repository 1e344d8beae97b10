import type { Connection } from '../connection/connection.js';
import { globMatch } from '../connection/glob.js';
import type { MessageData, SendType } from '../connection/outgoing-message.js';
import { PreparedMessage } from '../connection/prepared-message.js';
import { func, normalise, option, string, type SchemaOf } from '../options.js';
import { isAloneInTurn } from './broadcast-pace.js';
import type { WebSocketServer } from './websocket-server.js';

/** Says who is left out of a broadcast. */
export interface BroadcastOptions {
  /** Glob for the path of the connections that get it. @defaultValue '*' */
  readonly path?: string | undefined;
  /** Connection, or connections, that do not get it. */
  readonly except?: Connection | Iterable<Connection> | undefined;
  /** Tells of each connection whether it gets it; the way to match what is no glob. @defaultValue all do */
  readonly where?: ((connection: WebSocketServer) => boolean) | undefined;
}

const BROADCAST_SCHEMA = {
  path: string('*'),
  except: option(
    'a connection or an iterable of connections',
    (value): value is Connection | Iterable<Connection> => isConnection(value) || isIterable(value),
  ),
  where: func<(connection: WebSocketServer) => boolean>(),
} satisfies SchemaOf<BroadcastOptions>;

/** Are the arguments of a broadcast: what is sent, and to whom. @internal */
export type BroadcastArguments =
  | [message: PreparedMessage, options?: BroadcastOptions]
  | [type: SendType, message: MessageData, options?: BroadcastOptions];

/**
 * Sends one message to many connections, framed and compressed once and shared between them.
 * @returns how many took it: those that are open, not left out, and not over their backlog limit.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent; nobody gets anything then.
 * @internal
 */
export function broadcast(connections: Iterable<WebSocketServer>, ...args: BroadcastArguments): number {
  const options = isPrepared(args) ? args[1] : args[2];
  const { path, except, where } = normalise(BROADCAST_SCHEMA, options, 'BroadcastOptions');
  const left = exceptions(except);
  const message = isPrepared(args) ? args[0] : new PreparedMessage(args[0], args[1]);
  const isOnPath = pathTest(path);
  // Before anybody gets it: what is called here may throw.
  const chosen = where === undefined ? connections : [...connections].filter(where);
  const isAlone = isAloneInTurn();
  let taken = 0;
  for (const connection of chosen) {
    if (left?.has(connection) === true || isOnPath?.(connection.path) === false) continue;
    if (connection.sendPrepared(message, isAlone) > 0) taken += 1;
  }
  return taken;
}

function isPrepared(args: BroadcastArguments): args is [PreparedMessage, BroadcastOptions?] {
  return args[0] instanceof PreparedMessage;
}

/** Makes a test of paths, which as a rule are few; undefined if all will do. */
function pathTest(glob: string): ((path: string) => boolean) | undefined {
  if (glob === '*') return undefined;
  let last: string | undefined;
  let matches = false;
  return (path) => {
    if (path !== last) matches = globMatch(glob, path);
    last = path;
    return matches;
  };
}

function exceptions(except: BroadcastOptions['except']): ReadonlySet<unknown> | undefined {
  if (except === undefined) return undefined;
  return isConnection(except) ? new Set([except]) : new Set(except);
}

function isConnection(value: unknown): value is Connection {
  return typeof (value as Partial<Connection>).conninfo === 'function';
}

function isIterable(value: unknown): value is Iterable<Connection> {
  return typeof value === 'object' && typeof (value as Partial<Set<unknown>>)[Symbol.iterator] === 'function';
}
