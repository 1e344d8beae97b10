import type { Connection } from '../connection/connection.js';
import { globMatch } from '../connection/glob.js';
import { messageData, sendOpcode, type MessageData, type SendType } from '../connection/outgoing-message.js';
import { InvalidOptionError } from '../errors.js';
import { func, normalise, option, string, type SchemaOf } from '../options.js';
import { Opcode } from '../protocol/constants.js';
import { FrameWriter, firstOctet, type FrameTarget } from '../protocol/frame-writer.js';
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

/**
 * Sends one message to many connections, framed once and shared between them.
 * @returns how many took it: those that are open, not left out, and not over their backlog limit.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent; nobody gets anything then.
 * @internal
 */
export function broadcast(
  connections: Iterable<WebSocketServer>,
  type: SendType,
  message: MessageData,
  options: BroadcastOptions = {},
): number {
  const { path, except, where } = normalise(BROADCAST_SCHEMA, options, 'BroadcastOptions');
  const left = exceptions(except);
  const isForAll = path === '*' && left.size === 0;
  const opcode = sendOpcode(type);
  if (opcode >= Opcode.CLOSE) throw new InvalidOptionError('type', type, "'text' or 'binary'");
  const frame = frameOnce(opcode, messageData(message));
  // Before anybody gets it: what is called here may throw.
  const chosen = where === undefined ? connections : [...connections].filter(where);
  let taken = 0;
  for (const connection of chosen) {
    if (!isForAll && (left.has(connection) || !globMatch(path, connection.path))) continue;
    if (connection.sendFramed(frame) > 0) taken += 1;
  }
  return taken;
}

function exceptions(except: BroadcastOptions['except']): ReadonlySet<unknown> {
  if (except === undefined) return new Set();
  return isConnection(except) ? new Set([except]) : new Set(except);
}

function isConnection(value: unknown): value is Connection {
  return typeof (value as Partial<Connection>).conninfo === 'function';
}

function isIterable(value: unknown): value is Iterable<Connection> {
  return typeof value === 'object' && typeof (value as Partial<Set<unknown>>)[Symbol.iterator] === 'function';
}

/** Collects a frame of the server role in one buffer that nobody changes any more. */
function frameOnce(opcode: number, data: string | Buffer): Buffer {
  const parts: Buffer[] = [];
  const target: FrameTarget & { slab: Buffer; end: number } = {
    slab: Buffer.alloc(0),
    end: 0,
    reserve(length) {
      this.slab = Buffer.allocUnsafeSlow(length);
      this.end = length;
      parts.push(this.slab);
      return 0;
    },
    giveBack(length) {
      this.end -= length;
      parts[parts.length - 1] = this.slab.subarray(0, this.end);
    },
    append(octets) {
      parts.push(octets);
    },
  };
  new FrameWriter(target, false).write(firstOctet(opcode, true, false), data);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
