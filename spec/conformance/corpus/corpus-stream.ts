/*
 * Streams as tables of octets. A frame is written as a server sends it, in hex, its parts apart: `81 05 48656c6c6f`;
 * `fe*125` is an octet 125 times over; ` | ` stands between frames. For the server role each frame is masked. A frame
 * that begins with `!` has its mask as it must not be.
 */

/** Is a stream, and what has to be made of it. */
export interface CorpusStream {
  readonly name: string;
  readonly frames: string;
  /** Messages, pings and pongs with their payloads in hex, ` | ` between them. */
  readonly seen: string;
  /** `open`, `close CODE REASON` with the reason in hex, or `fail CODE RULE`, the rule as in `ERR_WS_…`. */
  readonly end: string;
  /** Longest message, in octets; default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Most empty fragments in a row; default 1024. */
  readonly maxEmptyFragments?: number;
  /** Value of Sec-WebSocket-Extensions in the response; default none. */
  readonly extensions?: string;
}

const KEYS = ['37fa213d', '00000000', 'ffffffff', '01020380'];

/** Reads octets of a table. */
export function octetsOf(hex: string): Buffer {
  const parts = hex.split(' ').map((part) => {
    const [octets = '', times = '1'] = part.split('*');
    return octets.repeat(Number(times));
  });
  return Buffer.from(parts.join(''), 'hex');
}

/** Gives the octets of each frame, masked for the server role. */
export function framesOf({ frames }: CorpusStream, role: 'client' | 'server'): Buffer[] {
  return frames.split(' | ').map((frame, i) => {
    const isWrong = frame.startsWith('!');
    const octets = octetsOf(frame.replace('!', ''));
    return (role === 'server') !== isWrong ? mask(octets, octetsOf(KEYS[i % KEYS.length]!)) : octets;
  });
}

/** Gives what is seen, with the octets written out. */
export function eventsOf({ seen }: CorpusStream): string[] {
  if (seen === '') return [];
  return seen.split(' | ').map((event) => {
    const [kind = '', ...payload] = event.split(' ');
    return `${kind} ${octetsOf(payload.join(' ')).toString('hex')}`;
  });
}

/** Masks a frame, or as much of one as there is. */
function mask(frame: Buffer, key: Buffer): Buffer {
  if (frame.length < 2) return frame;
  const second = frame[1]!;
  const headerEnd = 2 + (second < 126 ? 0 : second === 126 ? 2 : 8);
  const head = Buffer.from(frame.subarray(0, headerEnd));
  head[1] = second | 0x80;
  if (frame.length < headerEnd) return head;
  const payload = frame.subarray(headerEnd).map((octet, i) => octet ^ key[i % 4]!);
  return Buffer.concat([head, key, payload]);
}
