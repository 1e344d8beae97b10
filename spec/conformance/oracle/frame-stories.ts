import {
  bitsOf,
  brokenRules,
  completions,
  compressedCompletions,
  isCompressed,
  peerFrame,
  showPair,
  type Completion,
  type Context,
} from './first-octets.js';

/*
 * What a connection does when a frame comes, told from the frame's bits and from what was before: RFC 6455 §5.4, §5.5,
 * §7.1 and RFC 7692 §6.
 */

/** Brings a reader to a place. */
export function prologue({ role, place, compression }: Context): Buffer {
  if (place === 'inside a text message') return peerFrame(role, 0, '0001', 'ab', compression ? 1 : 0);
  if (place === 'inside a binary message') return peerFrame(role, 0, '0010', 'ab', compression ? 1 : 0);
  return Buffer.alloc(0);
}

/** Tells whether a message is unfinished behind a frame. */
export function leavesInside(pair: number, { place }: Context): boolean {
  const bits = bitsOf(pair);
  // RFC 6455 §5.4: control frames may come in the middle of a fragmented message, and do not end it.
  return bits[4] === '1' ? place.startsWith('inside') : bits[0] === '0';
}

/** Gives two octets. */
export const octetsOf = (pair: number): Buffer => Buffer.from(showPair(pair), 'hex');

/** Sends a compressed message in two frames, which must leave no trace: `a` by fixed Huffman codes. */
export function compressedMessage(role: Context['role']): Buffer {
  return Buffer.concat([peerFrame(role, 0, '0001', 'J', 1), peerFrame(role, 1, '0000', '\x04\x00')]);
}

/** Says what a connection tells and sends, and which rules it may report as broken. */
export interface Story {
  readonly told: string;
  readonly sent: string;
  readonly broken: readonly string[];
}

/** What the peer says behind the frame: a final continuation, and Close 1001. */
export function epilogueOf(role: Context['role'], lastOctets = 'z'): Buffer {
  return Buffer.concat([peerFrame(role, 1, '0000', lastOctets), peerFrame(role, 1, '1000', '\x03\xe9')]);
}

/** Tells what a connection has to make of a frame, and of the epilogue behind it. */
export function storyOf(pair: number, completion: Completion | undefined, context: Context): Story {
  const told: string[] = [];
  const sent: string[] = [];
  const isClosing = context.place === 'closing';
  if (isClosing) {
    told.push('closing 1000 local');
    sent.push('close 1000');
  }
  if (context.compression) told.push('text 61');
  const end = (broken: readonly string[]): Story => ({
    told: told.join(', '),
    sent: sent.join(', '),
    broken,
  });
  const fail = (rules: readonly string[]): Story => {
    // RFC 6455 §7.1.7: a Close says why, unless one was sent; the peer's is never seen.
    if (!isClosing) {
      told.push('closing 1002 local');
      sent.push('close 1002');
    }
    told.push('disconnect 1006');
    return end(rules);
  };
  const close = (code: number, reason: string): Story => {
    if (!isClosing) {
      told.push(`closing ${code} remote`);
      sent.push(code === 1005 ? 'close' : `close ${code}`);
    }
    told.push(`disconnect ${code}${reason === '' ? '' : ` ${reason}`}, clean`);
    return end([]);
  };

  if (completion === undefined) return fail(brokenRules(pair, context));
  const { breaks, payload } = completion;
  if (breaks !== undefined) return fail([breaks]);
  const hex = payload.toString('hex');
  const begun = context.place === 'inside a text message' ? 'text 6162' : 'binary 6162';
  let message = context.place.startsWith('inside') ? begun : undefined;
  switch (bitsOf(pair).slice(4, 8)) {
    case '0000':
      message = `${begun}${hex}`;
      break;
    case '0001':
      message = `text ${hex}`;
      break;
    case '0010':
      message = `binary ${hex}`;
      break;
    case '1000':
      return payload.length === 0 ? close(1005, '') : close(1000, payload.toString('latin1', 2));
    case '1001':
      told.push(`ping ${hex}`.trimEnd());
      // Nothing goes out behind a Close.
      if (!isClosing) sent.push(`pong ${hex}`.trimEnd());
      break;
    case '1010':
      told.push(`pong ${hex}`.trimEnd());
      break;
  }
  if (leavesInside(pair, context)) {
    // What the epilogue adds; to a compressed message, the end of what was there before.
    told.push((completion.lastOctets === undefined ? `${message}7a` : message!).trimEnd());
    return close(1001, '');
  }
  if (message !== undefined) told.push(message.trimEnd());
  return fail(['ERR_WS_UNEXPECTED_CONTINUATION']);
}

/**
 * Lists what connections are asked: the pairs with each of their completions; what is refused has none, and only one in
 * so many is tried.
 */
export function* trials(context: Context, share: number): Generator<[pair: number, completion?: Completion]> {
  for (let pair = 0; pair < 0x1_0000; pair++) {
    if (brokenRules(pair, context).length > 0) {
      if (pair % share === 0) yield [pair];
    } else {
      for (const completion of isCompressed(pair) ? compressedCompletions(pair) : completions(pair))
        yield [pair, completion];
    }
  }
}
