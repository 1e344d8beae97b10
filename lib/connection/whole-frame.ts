import { firstOctet, headerLength, writeHeader } from '../protocol/frame-writer.js';
import { byteLength } from './outgoing-message.js';

/**
 * Frames a whole message of the server role (RFC 6455 §5.2) in a buffer of its own.
 * @param rsv1 - whether it is compressed.
 */
export function wholeFrame(opcode: number, rsv1: boolean, data: string | Buffer): Buffer {
  const length = byteLength(data);
  const frame = Buffer.allocUnsafeSlow(headerLength(length, false) + length);
  const start = writeHeader(frame, 0, firstOctet(opcode, true, rsv1), length, false);
  if (typeof data === 'string') frame.write(data, start);
  else data.copy(frame, start);
  return frame;
}
