import { ok } from 'node:assert/strict';
import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { Inflater } from '../../../lib/compression/inflater.js';
import { LimitError, ProtocolError } from '../../../lib/errors.js';
import { MemoryBudget } from '../../../lib/protocol/memory-budget.js';
import { NotDeflate, inflateByTheLetter } from '../../compression/reference-inflate.js';
import { hexes, type Target } from '../target.js';

const LIMITS = [16 * 1024, 0, 1, 100, 4096];
const HOLDER = {};

type Result = Buffer | 'invalid' | 'too long';

/**
 * Inflates messages of a stranger: at once, in the thread pool and in pieces, and compares with DEFLATE by the letter.
 * An octet before them says how; each message but the last has an octet with its length before it.
 */
export const inflate: Target = {
  name: 'inflate',
  title: 'compressed messages',
  seeds: [
    ...hexes(
      '00',
      '0000',
      '00 4a04 00',
      '40 02 4a04 02 0200',
      '00 00',
      '00 03',
      '00 0300',
      '00 010000ffff',
      '00 05c081',
    ),
    ...[
      deflated('hello, hello, hello'),
      deflated(Buffer.alloc(3000)),
      deflated('x'.repeat(70), { level: 0 }),
    ],
    deflated('fixed codes, fixed codes', { strategy: constants.Z_FIXED }),
    deflated(Array.from({ length: 80 }, (_, index) => String(index * index)).join(' ')),
  ].map((octets, index) => (index < 9 ? octets : Buffer.concat([Buffer.of(0), octets]))),
  words: hexes('0000ffff', '010000ffff', '000000ffff', '0300', '4a0400', '00', 'ffff', 'edc0', '05c0', 'aa'),
  maxLength: 300,
  run(input) {
    const [settings = 0] = input;
    const keepsContext = (settings & 0x40) !== 0;
    const limit = LIMITS[(settings >> 1) % LIMITS.length]!;
    const messages = keepsContext ? split(input.subarray(1)) : [input.subarray(1)];
    const make = () => {
      const budget = new MemoryBudget<object>(Infinity, () => undefined);
      return new Inflater<object>({ windowBits: 15, keepsContext }, limit, budget, HOLDER);
    };
    const now = atOnce(make(), messages);
    compareWithTheLetter(messages, now, keepsContext, limit);
    const told = now.map((result) =>
      typeof result === 'string' ? result : String(Math.min(result.length, 3)),
    );
    // The thread pool takes a thousand times as long.
    if ((settings & 0x80) === 0 || settings % 8 !== 0) return told.join(' ');
    return Promise.all([inPool(make(), messages), inPieces(make(), messages)]).then((others) => {
      for (const other of others)
        ok(
          other.length === now.length && other.every((result, index) => isAlike(result, now[index]!)),
          `at once ${describe(now)}, else ${describe(other)}`,
        );
      return `pool ${told.join(' ')}`;
    });
  },
};

function deflated(octets: Buffer | string, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

function split(octets: Buffer): Buffer[] {
  const length = octets[0] ?? 0;
  if (octets.length <= length + 1) return [octets.subarray(1)];
  return [octets.subarray(1, length + 1), ...split(octets.subarray(length + 1))];
}

/** Reads messages up to the first that fails. */
function atOnce(inflater: Inflater<object>, messages: readonly Buffer[]): Result[] {
  const results: Result[] = [];
  for (const message of messages) {
    try {
      const octets = inflater.inflateNow(message);
      ok(octets !== undefined, 'it is too large for that');
      results.push(octets);
    } catch (error) {
      results.push(failure(error));
      break;
    }
  }
  return results;
}

async function inPool(inflater: Inflater<object>, messages: readonly Buffer[]): Promise<Result[]> {
  const results: Result[] = [];
  try {
    for (const message of messages) results.push(await inflater.inflateLater(message));
  } catch (error) {
    results.push(failure(error));
  }
  inflater.discard(new Error('the input is over'));
  return results;
}

async function inPieces(inflater: Inflater<object>, messages: readonly Buffer[]): Promise<Result[]> {
  const results: Result[] = [];
  try {
    for (const message of messages) {
      const pieces: Buffer[] = [];
      const middle = message.length >> 1;
      const onOctets = (octets: Buffer): void => {
        pieces.push(octets);
      };
      await inflater.inflatePiece(message.subarray(0, middle), false, false, onOctets);
      await inflater.inflatePiece(message.subarray(middle), true, true, onOctets);
      results.push(Buffer.concat(pieces));
    }
  } catch (error) {
    results.push(failure(error));
  }
  inflater.discard(new Error('the input is over'));
  return results;
}

function failure(error: unknown): Result {
  if (error instanceof LimitError) return 'too long';
  ok(error instanceof ProtocolError && error.code === 'ERR_WS_INVALID_DEFLATE', String(error));
  return error.message.includes('too many final blocks') ? 'too long' : 'invalid';
}

function compareWithTheLetter(
  messages: readonly Buffer[],
  results: readonly Result[],
  keepsContext: boolean,
  limit: number,
): void {
  let history: Buffer = Buffer.alloc(0);
  for (const [index, result] of results.entries()) {
    // What it would have become, nobody needs to know.
    if (result === 'too long') return;
    let wanted: Result;
    try {
      wanted = inflateByTheLetter(messages[index]!, history);
    } catch (error) {
      ok(error instanceof NotDeflate, String(error));
      wanted = 'invalid';
    }
    ok(isSame(result, wanted), `got ${describe([result])}, by the letter ${describe([wanted])}`);
    ok(wanted.length <= limit || wanted === 'invalid', 'above the limit');
    if (keepsContext && typeof wanted !== 'string')
      history = Buffer.concat([history, wanted]).subarray(-32_768);
  }
}

function isSame(one: Result, other: Result): boolean {
  return typeof one === 'string' || typeof other === 'string' ? one === other : one.equals(other);
}

/** Tells the same; what is both invalid and too long may be told for either, by what comes first. */
function isAlike(one: Result, other: Result): boolean {
  return (typeof one === 'string' && typeof other === 'string') || isSame(one, other);
}

function describe(results: readonly Result[]): string {
  return results
    .map((result) => (typeof result === 'string' ? result : result.toString('hex').slice(0, 80)))
    .join(', ');
}
