import type { Connection } from '../connection/connection.js';
import { globMatch } from '../connection/glob.js';
import { messageData, sendOpcode, type MessageData, type SendType } from '../connection/outgoing-message.js';
import { InvalidOptionError } from '../errors.js';
import { check, rejectUnknown, string } from '../options.js';
import { Opcode } from '../protocol/constants.js';
import { FrameWriter, firstOctet, type FrameTarget } from '../protocol/frame-writer.js';

/** Says who is left out of a broadcast. */
export interface BroadcastOptions {
  /** Glob for the path of the connections that get it. @defaultValue '*' */
  readonly path?: string | undefined;
  /** Connection, or connections, that do not get it. */
  readonly except?: Connection | Iterable<Connection> | undefined;
}

/**
 * Sends one message to many connections, framed once and shared between them.
 * @returns how many took it: those that are open, not left out, and not over their backlog limit.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent; nobody gets anything then.
 */
export function broadcast(
  connections: Iterable<Connection>,
  type: SendType,
  message: MessageData,
  options: BroadcastOptions = {},
): number {
  rejectUnknown(options, ['path', 'except'], 'BroadcastOptions');
  const path = check('path', string('*'), options.path);
  const except = exceptions(options.except);
  const opcode = sendOpcode(type);
  if (opcode >= Opcode.CLOSE) throw new InvalidOptionError('type', type, "'text' or 'binary'");
  const frame = frameOnce(opcode, messageData(message));
  let taken = 0;
  for (const connection of connections) {
    if (except.has(connection) || !globMatch(path, connection.path)) continue;
    if (connection.sendFramed(frame) > 0) taken += 1;
  }
  return taken;
}

function exceptions(except: BroadcastOptions['except']): ReadonlySet<unknown> {
  if (except === undefined) return new Set();
  if (typeof (except as Partial<Connection>).conninfo === 'function') return new Set([except]);
  if (typeof (except as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== 'function') {
    throw new InvalidOptionError('except', except, 'a connection or an iterable of connections');
  }
  return new Set(except as Iterable<unknown>);
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
