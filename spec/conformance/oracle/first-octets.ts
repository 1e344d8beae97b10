/*
 * What RFC 6455 and RFC 7692 say of the first two octets of a frame, as a table over the sixteen bits in the order of
 * the diagram in RFC 6455 §5.2:
 *
 *    F RRR OOOO  M LLLLLLL
 *    I SSS code  A 7 bits
 *    N VVV       S
 *      123       K
 *
 * Written from the standards alone, and kept free of arithmetic on octets, which is how a parser works.
 */

/** Is what has happened on a connection before the frame. */
export type Place = 'fresh' | 'inside a text message' | 'inside a binary message' | 'closing';

/** Is all that the meaning of two octets depends on. */
export interface Context {
  /** Role of the end that reads. */
  readonly role: 'client' | 'server';
  readonly place: Place;
  /** Whether permessage-deflate was negotiated. */
  readonly compression: boolean;
}

interface Rule {
  /** Name that the library gives to the rule. */
  readonly name: string;
  /** Where it stands. */
  readonly source: string;
  /** Bits with which the rule is broken; a dot stands for any. */
  readonly broken: RegExp;
  /** When the rule holds. */
  readonly holds: (context: Context) => boolean;
}

const always = (): boolean => true;
const isInside = ({ place }: Context): boolean => place.startsWith('inside');

const RULES: readonly Rule[] = [
  {
    name: 'ERR_WS_UNEXPECTED_RSV',
    source: 'RFC 6455 §5.2: RSV1–3 "MUST be 0 unless an extension is negotiated that defines meanings"',
    broken: /^.(1..|.1.|..1)/,
    holds: ({ compression }) => !compression,
  },
  {
    name: 'ERR_WS_UNEXPECTED_RSV',
    source: 'RFC 7692 §6: permessage-deflate gives a meaning to RSV1, and to no other',
    broken: /^.(.1.|..1)/,
    holds: always,
  },
  {
    name: 'ERR_WS_UNEXPECTED_RSV',
    source:
      'RFC 7692 §6.1: RSV1 marks "the first fragment" of a data message, not others, nor control frames',
    broken: /^.1..(?!0001|0010)/,
    holds: always,
  },
  {
    name: 'ERR_WS_RESERVED_OPCODE',
    source: 'RFC 6455 §5.2: "%x3-7 are reserved for further non-control frames", %xB-F for control frames',
    broken: /^....(0011|01..|1011|11..)/,
    holds: always,
  },
  {
    name: 'ERR_WS_FRAGMENTED_CONTROL',
    source: 'RFC 6455 §5.5: control frames "MUST NOT be fragmented"; §5.5: their opcodes have the top bit',
    broken: /^0...1/,
    holds: always,
  },
  {
    name: 'ERR_WS_CONTROL_TOO_LONG',
    source: 'RFC 6455 §5.5: "MUST have a payload length of 125 bytes or less"; 126 and 127 announce more',
    broken: /^....1... .(1111110|1111111)/,
    holds: always,
  },
  {
    name: 'ERR_WS_UNEXPECTED_CONTINUATION',
    source: 'RFC 6455 §5.4: opcode 0 continues a fragmented message, so there has to be one',
    broken: /^....0000/,
    holds: (context) => !isInside(context),
  },
  {
    name: 'ERR_WS_UNFINISHED_MESSAGE',
    source: 'RFC 6455 §5.4: "fragments of one message MUST NOT be interleaved" with those of another',
    broken: /^....(0001|0010)/,
    holds: isInside,
  },
  {
    name: 'ERR_WS_MASK_REQUIRED',
    source: 'RFC 6455 §5.1: a server "MUST close the connection upon receiving a frame that is not masked"',
    broken: /^........ 0/,
    holds: ({ role }) => role === 'server',
  },
  {
    name: 'ERR_WS_MASK_FORBIDDEN',
    source: 'RFC 6455 §5.1: a client "MUST close a connection if it detects a masked frame"',
    broken: /^........ 1/,
    holds: ({ role }) => role === 'client',
  },
];

/** Writes two octets as the diagram does: eight bits, a space, eight bits. */
export function bitsOf(pair: number): string {
  const bits = pair.toString(2).padStart(16, '0');
  return `${bits.slice(0, 8)} ${bits.slice(8)}`;
}

/** Shows two octets as hex. */
export function showPair(pair: number): string {
  return pair.toString(16).padStart(4, '0');
}

/** Names the rules that two octets break by themselves; with none, what follows them decides. */
export function brokenRules(pair: number, context: Context): string[] {
  const bits = bitsOf(pair);
  return RULES.filter(({ broken, holds }) => holds(context) && broken.test(bits)).map(({ name }) => name);
}

/** Is a way in which a frame may go on behind its first two octets. */
export interface Completion {
  /** Octets behind the first two. */
  readonly rest: Buffer;
  /** How many of them decide, when the frame breaks a rule; the payload is not among them where the header does. */
  readonly decisive?: number;
  /** Name of the rule that is broken by them. */
  readonly breaks?: string;
  /** Payload, unmasked, and inflated where it is compressed; of no meaning where a rule is broken. */
  readonly payload: Buffer;
  /** What a final continuation has to carry, for a compressed message that is not finished. */
  readonly lastOctets?: string;
}

const KEY = Buffer.from('a1b2c3d4', 'hex');
const TOP_BIT = 1n << 63n;

interface AnnouncedLength {
  readonly length: bigint;
  readonly breaks?: string;
}

/** RFC 6455 §5.2: "the minimal number of bytes MUST be used", "the most significant bit MUST be 0". */
const LENGTHS: Readonly<Record<126 | 127, readonly AnnouncedLength[]>> = {
  126: [
    { length: 0n, breaks: 'ERR_WS_LENGTH_NOT_MINIMAL' },
    { length: 125n, breaks: 'ERR_WS_LENGTH_NOT_MINIMAL' },
    { length: 126n },
    { length: 0xffffn },
  ],
  127: [
    { length: 0n, breaks: 'ERR_WS_LENGTH_NOT_MINIMAL' },
    { length: 125n, breaks: 'ERR_WS_LENGTH_NOT_MINIMAL' },
    { length: 0xffffn, breaks: 'ERR_WS_LENGTH_NOT_MINIMAL' },
    { length: 0x1_0000n },
    { length: TOP_BIT, breaks: 'ERR_WS_LENGTH_TOP_BIT' },
    { length: TOP_BIT + 126n, breaks: 'ERR_WS_LENGTH_TOP_BIT' },
  ],
};

/** Completes two octets that break no rule to whole frames, in each way that makes a difference. */
export function* completions(pair: number): Generator<Completion> {
  const [first = '', second = ''] = bitsOf(pair).split(' ');
  const isMasked = second.startsWith('1');
  const short = Number.parseInt(second.slice(1), 2);
  const key = isMasked ? KEY : Buffer.alloc(0);
  const isClose = first.endsWith('1000');
  if (short === 126 || short === 127) {
    for (const { length, breaks } of LENGTHS[short]) {
      const field = Buffer.from(length.toString(16).padStart(short === 126 ? 4 : 16, '0'), 'hex');
      const payload = breaks === undefined ? plausiblePayload(Number(length), isClose) : Buffer.alloc(0);
      const rest = Buffer.concat([field, key, mask(payload, isMasked)]);
      if (breaks === undefined) yield { rest, payload };
      else yield { rest, payload, breaks, decisive: field.length + key.length };
    }
    return;
  }
  const payload = plausiblePayload(short, isClose);
  const rest = Buffer.concat([key, mask(payload, isMasked)]);
  // RFC 6455 §5.5.1: "the first two bytes of the body MUST be" a status code, so a body of one octet is none.
  if (isClose && short === 1)
    yield { rest, payload, breaks: 'ERR_WS_CLOSE_TRUNCATED', decisive: rest.length };
  else yield { rest, payload };
}

/** Tells whether a frame says that it is compressed (RFC 7692 §6). */
export function isCompressed(pair: number): boolean {
  return bitsOf(pair)[1] === '1';
}

/** Completes two octets that begin a compressed message; each length that a second octet tells, but 127. */
export function* compressedCompletions(pair: number): Generator<Completion> {
  const [first = '', second = ''] = bitsOf(pair).split(' ');
  const short = Number.parseInt(second.slice(1), 2);
  // Nothing at all is no compressed message (RFC 7692 §7.2.3.6 makes one octet of an empty one).
  if (short === 127 || (short === 0 && first.startsWith('1'))) return;
  const isMasked = second.startsWith('1');
  const key = isMasked ? KEY : Buffer.alloc(0);
  const field = short === 126 ? Buffer.from([0, 126]) : Buffer.alloc(0);
  const isFinal = first.startsWith('1');
  const [octets, payload] = deflated(isFinal ? short : short + 1);
  const rest = Buffer.concat([field, key, mask(octets.subarray(0, short), isMasked)]);
  if (isFinal) yield { rest, payload };
  else yield { rest, payload, lastOctets: octets.toString('latin1', short) };
}

/** Short messages as RFC 7692 §7.2.1 has them compressed, by length: with fixed Huffman codes, of "", "", "a", "ab", "abc". */
const SHORTEST = ['', '00', '0200', '4a0400', '4a4c0200', '4a4c4a0600'];

/** Makes compressed octets of a length, and what they inflate to: past the shortest, a stored block (RFC 1951 §3.2.4). */
function deflated(length: number): [octets: Buffer, inflated: Buffer] {
  const short = SHORTEST[length];
  if (short !== undefined)
    return [Buffer.from(short, 'hex'), Buffer.from('abc'.slice(0, Math.max(0, length - 2)))];
  const inflated = plausiblePayload(length - 6, false);
  const size = inflated.length;
  const header = Buffer.from([0x00, size & 0xff, size >> 8, ~size & 0xff, (~size >> 8) & 0xff]);
  return [Buffer.concat([header, inflated, Buffer.from([0x00])]), inflated];
}

/** Makes octets that are text as well as binary data; of a Close frame status code 1000 and a reason. */
function plausiblePayload(length: number, isClose: boolean): Buffer {
  const payload = Buffer.alloc(length, 'Reason: none. ');
  if (isClose && length >= 2) payload.writeUInt16BE(1000);
  return payload;
}

function mask(payload: Buffer, isMasked: boolean): Buffer {
  return isMasked ? Buffer.from(payload.map((octet, i) => octet ^ KEY[i % 4]!)) : payload;
}

/** Makes a frame as the peer of a role has to send it, of less than 126 octets. */
export function peerFrame(
  role: Context['role'],
  fin: 0 | 1,
  opcode: string,
  text = '',
  rsv1: 0 | 1 = 0,
): Buffer {
  const isMasked = role === 'server';
  const length = text.length.toString(2).padStart(7, '0');
  const bits = `${fin}${rsv1}00${opcode}${isMasked ? 1 : 0}${length}`;
  const pair = Buffer.from(Number.parseInt(bits, 2).toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([pair, isMasked ? KEY : Buffer.alloc(0), mask(Buffer.from(text, 'latin1'), isMasked)]);
}
