import type { Outcome, ReceiverOptions } from './outcome.js';

/*
 * A decoder by the letter of RFC 6455, for a stream that is there as a whole: slow, without state between calls, and
 * written without a look at lib. It says what a receiver has to make of the stream, and after which octet it has to
 * know. A header is judged by its first two octets once both are there, its length once the header is whole.
 */

/** Lists where a receiver may differ from the letter; each stands in differences.ts with its explanation. */
export interface Dialect {
  /** Takes lengths that are not in their shortest encoding (§5.2). */
  readonly takesLongLengths?: boolean;
  /** Looks at a text only once the whole message is there (§8.1 leaves that open). */
  readonly checksTextAtEnd?: boolean;
  /** Fails longer frames with 1009, whatever the limit on messages; also those with the top bit set. */
  readonly longestFrame?: number;
  /** Judges the length before the masking key is there. */
  readonly judgesLengthBeforeKey?: boolean;
  /** Judges a Close of one octet by its header. */
  readonly judgesCloseByHeader?: boolean;
  /** Has no limit on empty fragments. */
  readonly hasNoEmptyLimit?: boolean;
  /** Holds the limit on messages for messages, also where hawser hands on pieces. */
  readonly limitsWholeMessages?: boolean;
  /** Drops byte order marks at the start of a reason, so many at most. */
  readonly dropsMarksOfReason?: number;
  /** Drops a byte order mark at the start of a text. */
  readonly dropsMarkOfText?: boolean;
  /** Applies the limit on messages to a short frame if the frame before was a data frame. */
  readonly limitsByLastOpcode?: boolean;
}

const MAX_CONTROL = 125n;
const TOP_BIT = 1n << 63n;
const MARK = 'efbbbf';
const TAIL = [0x80, 0xbf] as const;

/** Spells UTF8-octets of RFC 3629 §4: each line a kind of sequence, each pair the range of an octet. */
const SEQUENCES: readonly (readonly (readonly [number, number])[])[] = [
  [[0x00, 0x7f]],
  [[0xc2, 0xdf], TAIL],
  [[0xe0, 0xe0], [0xa0, 0xbf], TAIL],
  [[0xe1, 0xec], TAIL, TAIL],
  [[0xed, 0xed], [0x80, 0x9f], TAIL],
  [[0xee, 0xef], TAIL, TAIL],
  [[0xf0, 0xf0], [0x90, 0xbf], TAIL, TAIL],
  [[0xf1, 0xf3], TAIL, TAIL, TAIL],
  [[0xf4, 0xf4], [0x80, 0x8f], TAIL, TAIL],
];

/** Reads UTF-8: the index of the first octet that cannot be, or -1, and whether the last character is whole. */
export function readUtf8(octets: readonly number[]): { readonly wrong: number; readonly isWhole: boolean } {
  for (let start = 0; start < octets.length;) {
    let fitting = SEQUENCES;
    let length = 0;
    do {
      const octet = octets[start + length];
      if (octet === undefined) return { wrong: -1, isWhole: false };
      fitting = fitting.filter(([...ranges]) => {
        const range = ranges[length];
        return range !== undefined && octet >= range[0] && octet <= range[1];
      });
      if (fitting.length === 0) return { wrong: start + length, isWhole: false };
      length += 1;
    } while (length < fitting[0]!.length);
    start += length;
  }
  return { wrong: -1, isWhole: true };
}

/** Tells whether a Close may carry a code (§7.4 and the registry of §11.7). */
export function isCloseCode(code: number): boolean {
  if (code < 1000 || code > 4999) return false;
  if (code >= 3000) return true;
  return code <= 1014 && ![1004, 1005, 1006].includes(code);
}

const hexOf = (octets: readonly number[]) => Buffer.from(octets).toString('hex');

/** Decodes a stream; `dialect` says where this is not to be by the letter. */
export function decode(stream: Buffer, options: ReceiverOptions, dialect: Dialect = {}): Outcome {
  const isMasked = options.role === 'server';
  const events: string[] = [];
  const open = (): Outcome => ({ events, end: 'open', at: 0, rules: [] });
  const fail = (code: number, at: number, ...rules: string[]): Outcome => ({
    events,
    end: `fail ${code}`,
    at,
    rules: rules.map((rule) => `ERR_WS_${rule}`),
  });

  /** The message under way: its opcode, its octets so far, and where in the stream each stood. */
  let message: { opcode: number; octets: number[]; places: number[]; announced: bigint } | undefined;
  let emptyInARow = 0;
  let lastOpcode = 2;
  let at = 0;
  for (;;) {
    // §5.2: FIN, RSV1–3, opcode; MASK, payload length.
    if (at + 2 > stream.length) return open();
    const [first, second] = [stream[at]!, stream[at + 1]!];
    const isFinal = first >= 0x80;
    const opcode = first % 16;
    const isControl = opcode >= 8;
    const shortLength = second % 128;
    const broken: string[] = [];
    if ((first >> 4) % 8 !== 0) broken.push('UNEXPECTED_RSV');
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) broken.push('RESERVED_OPCODE');
    if (isControl && !isFinal) broken.push('FRAGMENTED_CONTROL');
    if (isControl && shortLength > MAX_CONTROL) broken.push('CONTROL_TOO_LONG');
    if (opcode === 0 && message === undefined) broken.push('UNEXPECTED_CONTINUATION');
    if ((opcode === 1 || opcode === 2) && message !== undefined) broken.push('UNFINISHED_MESSAGE');
    if (second >= 0x80 && !isMasked) broken.push('MASK_FORBIDDEN');
    if (second < 0x80 && isMasked) broken.push('MASK_REQUIRED');
    if (opcode === 8 && shortLength === 1 && dialect.judgesCloseByHeader) broken.push('CLOSE_TRUNCATED');
    if (broken.length > 0) return fail(1002, at + 2, ...broken);

    // §5.2: the extended length, then the masking key.
    const lengthOctets = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
    const keyStart = at + 2 + lengthOctets;
    const payloadStart = keyStart + (isMasked ? 4 : 0);
    const judgedAt = dialect.judgesLengthBeforeKey ? keyStart : payloadStart;
    if (stream.length < judgedAt) return open();
    const digits = stream.toString('hex', at + 2, keyStart);
    const length = lengthOctets === 0 ? BigInt(shortLength) : BigInt(`0x${digits}`);
    if (dialect.longestFrame !== undefined) {
      if (length > dialect.longestFrame) return fail(1009, judgedAt, 'LIMIT');
    } else if (length >= TOP_BIT) return fail(1002, judgedAt, 'LENGTH_TOP_BIT');
    const isShortest = lengthOctets === 0 || length > (lengthOctets === 2 ? 125n : 0xffffn);
    if (!isShortest && !dialect.takesLongLengths) return fail(1002, judgedAt, 'LENGTH_NOT_MINIMAL');

    // §5.4: a message is one frame, or a first one and its continuations.
    if (!isControl && opcode !== 0) {
      message = { opcode, octets: [], places: [], announced: 0n };
      emptyInARow = 0;
    }
    const limitsEachFrame = options.fragments && !dialect.limitsWholeMessages;
    const before = limitsEachFrame ? 0n : (message?.announced ?? 0n);
    const usesLastOpcode = dialect.limitsByLastOpcode && lengthOctets === 0;
    const isLimited = usesLastOpcode ? lastOpcode < 8 : !isControl;
    if (isLimited && before + length > options.maxMessageBytes) {
      return fail(1009, judgedAt, 'LIMIT_MAX_MESSAGE_BYTES');
    }
    lastOpcode = opcode;
    if (!isControl) {
      message!.announced += length;
      const isEmptyFragment = length === 0n && !(isFinal && opcode !== 0);
      emptyInARow = isEmptyFragment ? emptyInARow + 1 : 0;
      if (emptyInARow > options.maxEmptyFragments && !dialect.hasNoEmptyLimit) {
        return fail(1008, judgedAt, 'LIMIT_MAX_EMPTY_FRAGMENTS');
      }
    }
    if (stream.length < payloadStart) return open();

    // §5.3: octet i of the payload is masked with octet i MOD 4 of the key.
    const isHere = BigInt(stream.length - payloadStart) >= length;
    const payloadEnd = isHere ? payloadStart + Number(length) : stream.length;
    const payload: number[] = [];
    for (let place = payloadStart; place < payloadEnd; place++) {
      const i = place - payloadStart;
      payload.push(stream[place]! ^ (isMasked ? stream[keyStart + (i % 4)]! : 0));
    }

    if (isControl) {
      if (!isHere) return open();
      if (opcode !== 8) events.push(`${opcode === 9 ? 'ping' : 'pong'} ${hexOf(payload)}`);
      else return readClose(payload, payloadEnd);
    } else {
      // §8.1: text is UTF-8, and what is not fails the connection.
      const { opcode: kind, octets, places } = message!;
      for (const [i, octet] of payload.entries()) {
        octets.push(octet);
        places.push(payloadStart + i);
      }
      const endsMessage = isHere && isFinal;
      if (kind === 1 && (endsMessage || !dialect.checksTextAtEnd)) {
        const { wrong, isWhole } = readUtf8(octets);
        if (wrong !== -1) return fail(1007, places[wrong]! + 1, 'INVALID_UTF8');
        if (endsMessage && !isWhole) return fail(1007, payloadEnd, 'INVALID_UTF8');
      }
      if (!isHere) return open();
      if (endsMessage) {
        const text = hexOf(octets);
        const isMarked = kind === 1 && dialect.dropsMarkOfText && text.startsWith(MARK);
        events.push(`${kind === 1 ? 'text' : 'binary'} ${isMarked ? text.slice(MARK.length) : text}`);
        message = undefined;
      }
    }
    at = payloadEnd;
  }

  /** §5.5.1, §7.1.5 and §7.1.6: nothing, or a code and a reason. */
  function readClose(payload: readonly number[], end: number): Outcome {
    if (payload.length === 1) return fail(1002, end, 'CLOSE_TRUNCATED');
    const code = payload.length === 0 ? 1005 : payload[0]! * 256 + payload[1]!;
    if (payload.length > 0 && !isCloseCode(code)) return fail(1002, end, 'INVALID_CLOSE_CODE');
    const { wrong, isWhole } = readUtf8(payload.slice(2));
    if (wrong !== -1 || !isWhole) return fail(1007, end, 'INVALID_UTF8');
    let reason = hexOf(payload.slice(2));
    for (let i = 0; i < (dialect.dropsMarksOfReason ?? 0) && reason.startsWith(MARK); i++) {
      reason = reason.slice(MARK.length);
    }
    return { events, end: `close ${code} ${reason}`, at: end, rules: [] };
  }
}
