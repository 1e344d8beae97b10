import { randomBytes } from 'node:crypto';

const OPCODES = { text: 1, binary: 2 };
const PING = 9;
const PONG = 10;
const FIN = 0x80;
const RSV1 = 0x40;
const MASK = 0x80;

/** Writes the header of a frame (RFC 6455 §5.2), without a masking key. */
function header(first, length, masked) {
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const octets = Buffer.alloc(2 + extended);
  octets[0] = first;
  octets[1] = (masked ? MASK : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) octets.writeUInt16BE(length, 2);
  if (extended === 8) octets.writeBigUInt64BE(BigInt(length), 2);
  return octets;
}

/** Frames a payload: masked as a client does, or not, as a server does. */
export function frame(type, payload, { masked = false, compressed = false, fin = true, first = true } = {}) {
  const octet = (fin ? FIN : 0) | (compressed ? RSV1 : 0) | (first ? OPCODES[type] : 0);
  const head = header(octet, payload.length, masked);
  if (!masked) return Buffer.concat([head, payload]);
  const key = randomBytes(4);
  const framed = Buffer.concat([head, key, payload]);
  const start = head.length + 4;
  for (let i = 0; i < payload.length; i++) framed[start + i] ^= key[i & 3];
  return framed;
}

/** Frames a payload in so many fragments of nearly equal length, masked. */
export function fragments(type, payload, count) {
  const cut = (index) => Math.floor((payload.length * index) / count);
  return Array.from({ length: count }, (_, index) =>
    frame(type, payload.subarray(cut(index), cut(index + 1)), {
      masked: true,
      first: index === 0,
      fin: index === count - 1,
    }),
  );
}

/**
 * Answers a ping, with which a server sees whether a silent client is there.
 * @returns the octets of the ping at the start of a chunk, and the pong that answers it; undefined if there is none
 */
export function answerPing(chunk) {
  if (chunk[0] !== (FIN | PING)) return undefined;
  const end = 2 + chunk[1];
  const head = Buffer.from([FIN | PONG, MASK | chunk[1], 0, 0, 0, 0]);
  return { length: end, pong: Buffer.concat([head, chunk.subarray(2, end)]) };
}

/** A Close frame of a client, with 1000. */
export function closeFrame() {
  const framed = frame('binary', Buffer.from([0x03, 0xe8]), { masked: true });
  framed[0] = FIN | 8;
  return framed;
}

/**
 * Reads the header of an unmasked frame.
 * @returns where its payload starts and ends, or undefined if the header is not whole.
 */
export function readHeader(buffer, start) {
  if (buffer.length - start < 2) return undefined;
  const short = buffer[start + 1] & 0x7f;
  const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
  if (buffer.length - start < 2 + extended) return undefined;
  let length = short;
  if (extended === 2) length = buffer.readUInt16BE(start + 2);
  if (extended === 8) length = Number(buffer.readBigUInt64BE(start + 2));
  const payloadStart = start + 2 + extended;
  return {
    opcode: buffer[start] & 0x0f,
    isCompressed: (buffer[start] & RSV1) !== 0,
    isMasked: (buffer[start + 1] & MASK) !== 0,
    payloadStart,
    payloadEnd: payloadStart + length,
  };
}
