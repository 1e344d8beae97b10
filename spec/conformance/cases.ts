/*
 * The cases of the field's conformance suite, sections 1–7, 9 and 10, as data: what the fuzzing peer puts on the wire,
 * which events it must see, and how the connection must end. All limits in time of the suite are generous bounds here.
 */

/** One thing the fuzzing peer does. Payloads are octets; `raw` splits one frame over several writes. */
export type Action =
  | {
      readonly do: 'frame';
      readonly opcode: number;
      readonly fin: boolean;
      readonly rsv: number;
      readonly payload: Buffer;
    }
  | { readonly do: 'raw'; readonly opcode: number; readonly fin: boolean; readonly pieces: readonly Buffer[] }
  | { readonly do: 'wait' };

/** What the fuzzing peer saw: echoes, pongs, and waits that found the connection still open. */
export type Seen = string;

/** `normal`: the fuzzer closes once all is seen. `closes`: the case itself sends the Close. `fail…`: the peer ends it. */
export type Ending = 'normal' | 'closes' | 'fail 1002' | 'fail 1007';

export interface Case {
  readonly id: string;
  readonly actions: readonly Action[];
  readonly expected: readonly Seen[];
  readonly ending: Ending;
  /** Codes that the peer's Close may carry; an empty Close is always allowed. */
  readonly codes: readonly number[];
  /** How octets are written: as they come, a frame a write, or so many octets a write. */
  readonly write: 'normal' | 'frame-wise' | number;
  /** Who sends the first Close, or drops the stream first. */
  readonly firstCloser: 'fuzzer' | 'peer';
  /** Whether both Close frames must be seen. */
  readonly clean: boolean;
  /** Compare type and length of echoes only (section 9). */
  readonly lengthOnly: boolean;
}

const hex = (octets: string) => Buffer.from(octets.replaceAll(' ', ''), 'hex');
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const frame = (opcode: number, payload: Buffer | string = '', fin = true, rsv = 0): Action => ({
  do: 'frame',
  opcode,
  fin,
  rsv,
  payload: typeof payload === 'string' ? latin1(payload) : payload,
});
const text = (payload: Buffer | string = '', fin = true, rsv = 0) => frame(1, payload, fin, rsv);
const binary = (payload: Buffer | string = '', fin = true, rsv = 0) => frame(2, payload, fin, rsv);
const more = (payload: Buffer | string = '', fin = true) => frame(0, payload, fin);
const ping = (payload: Buffer | string = '') => frame(9, payload);
const closing = (code?: number, reason: Buffer | string = '') => {
  if (code === undefined) return frame(8, reason);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(8, Buffer.concat([head, typeof reason === 'string' ? latin1(reason) : reason]));
};
const wait: Action = { do: 'wait' };

/** Names an echo or a pong as the fuzzer records it. */
export const seen = (kind: 'text' | 'binary' | 'pong', payload: Buffer | string): Seen =>
  `${kind} ${(typeof payload === 'string' ? latin1(payload) : payload).toString('hex')}`;

/** Cuts a message as the suite does: an exact multiple of the size ends with an empty frame. */
export function fragments(opcode: number, payload: Buffer, size: number): Action[] {
  if (payload.length <= size) return [frame(opcode, payload)];
  const actions: Action[] = [];
  for (let start = 0; start < payload.length; start += size) {
    const isLast = start + size > payload.length;
    actions.push(frame(start === 0 ? opcode : 0, payload.subarray(start, start + size), isLast));
  }
  if (payload.length % size === 0) actions.push(more('', true));
  return actions;
}

const make = (
  id: string,
  actions: readonly Action[],
  expected: readonly Seen[],
  rest: Partial<Case> = {},
): Case => {
  const ending = rest.ending ?? 'normal';
  const codes = ending === 'fail 1002' ? [1002] : ending === 'fail 1007' ? [1007] : [1000];
  const firstCloser = ending.startsWith('fail') ? 'peer' : 'fuzzer';
  const clean = ending === 'normal' || ending === 'closes';
  return {
    id,
    actions,
    expected,
    ending,
    codes,
    write: 'normal',
    clean,
    lengthOnly: false,
    firstCloser,
    ...rest,
  };
};

const HELLO = 'Hello, world!';
const FAIL: Partial<Case> = { ending: 'fail 1002' };
const GREEK = hex('cebae1bdb9cf83cebcceb5');
const EDITED = hex('656469746564');
const LATIN = hex('48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121');
const CHOPPED_BAD = Buffer.concat([GREEK, hex('eda080'), EDITED]);

function* framing(): Generator<Case> {
  const lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
  for (const [index, length] of lengths.entries()) {
    const write = index === 7 ? 997 : 'normal';
    const stars = Buffer.alloc(length, 0x2a);
    const octets = Buffer.alloc(length, 0xfe);
    yield make(`1.1.${String(index + 1)}`, [text(stars)], [seen('text', stars)], { write });
    yield make(`1.2.${String(index + 1)}`, [binary(octets)], [seen('binary', octets)], { write });
  }
}

function* pings(): Generator<Case> {
  const full = Buffer.alloc(125, 0xfe);
  const odd = hex('00fffefdfcfb00ff');
  yield make('2.1', [ping()], [seen('pong', '')]);
  yield make('2.2', [ping(HELLO)], [seen('pong', HELLO)]);
  yield make('2.3', [ping(odd)], [seen('pong', odd)]);
  yield make('2.4', [ping(full)], [seen('pong', full)]);
  yield make('2.5', [ping(Buffer.alloc(126, 0xfe))], [], FAIL);
  yield make('2.6', [ping(full)], [seen('pong', full)], { write: 1 });
  yield make('2.7', [frame(10), closing(1000)], [], { ending: 'closes' });
  yield make('2.8', [frame(10, 'unsolicited pong payload'), closing(1000)], [], { ending: 'closes' });
  yield make(
    '2.9',
    [frame(10, 'unsolicited pong payload'), ping('ping payload')],
    [seen('pong', 'ping payload')],
  );
  const ten = Array.from({ length: 10 }, (_, i) => `payload-${String(i)}`);
  for (const [id, write] of [
    ['2.10', 'normal'],
    ['2.11', 1],
  ] as const) {
    yield make(
      id,
      ten.map((payload) => ping(payload)),
      ten.map((payload) => seen('pong', payload)),
      { write },
    );
  }
}

function* reserved(): Generator<Case> {
  const H = [seen('text', HELLO)];
  yield make('3.1', [text(HELLO, true, 1)], [], FAIL);
  yield make('3.2', [text(HELLO), text(HELLO, true, 2), ping()], H, FAIL);
  yield make('3.3', [text(HELLO), text(HELLO, true, 3), ping()], H, { ...FAIL, write: 'frame-wise' });
  yield make('3.4', [text(HELLO), text(HELLO, true, 4), ping()], H, { ...FAIL, write: 1 });
  yield make('3.5', [binary(hex('00fffefdfcfb00ff'), true, 5)], [], FAIL);
  yield make('3.6', [binary(HELLO, true, 6)], [], FAIL);
  yield make('3.7', [frame(8, '', true, 7)], [], FAIL);
  for (const [group, first] of [
    [1, 3],
    [2, 11],
  ] as const) {
    const id = (n: number) => `4.${String(group)}.${String(n)}`;
    const payload = 'reserved opcode payload';
    yield make(id(1), [frame(first)], [], FAIL);
    yield make(id(2), [frame(first + 1, payload)], [], FAIL);
    yield make(id(3), [text(HELLO), frame(first + 2), ping()], H, FAIL);
    yield make(id(4), [text(HELLO), frame(first + 3, HELLO), ping()], H, FAIL);
    yield make(id(5), [text(HELLO), frame(first + 4, HELLO), ping()], H, { ...FAIL, write: 1 });
  }
}

function* fragmentation(): Generator<Case> {
  const writes = ['normal', 'frame-wise', 1] as const;
  const [f1, f2, f3, f4] = ['fragment1', 'fragment2', 'fragment3', 'fragment4'] as const;
  const P = 'ping payload';
  const N = 'non-continuation payload';
  const whole = seen('text', f1 + f2);
  yield make('5.1', [frame(9, f1, false), more(f2)], [], FAIL);
  yield make('5.2', [frame(10, f1, false), more(f2)], [], FAIL);
  for (const [i, write] of writes.entries()) {
    yield make(`5.${String(3 + i)}`, [text(f1, false), more(f2)], [whole], { write });
    yield make(`5.${String(6 + i)}`, [text(f1, false), ping(P), more(f2)], [seen('pong', P), whole], {
      write,
    });
    yield make(`5.${String(9 + i)}`, [more(N), text(HELLO)], [], { ...FAIL, write });
    yield make(`5.${String(12 + i)}`, [more(N, false), text(HELLO)], [], { ...FAIL, write });
  }
  yield make('5.15', [text(f1, false), more(f2), more(f3, false), text(f4)], [whole], FAIL);
  const half = (fin: boolean) => [more(f1, fin), text(f2, false), more(f3)];
  yield make('5.16', [...half(false), ...half(false)], [], FAIL);
  yield make('5.17', [...half(true), ...half(true)], [], FAIL);
  yield make('5.18', [text(f1, false), text(f2)], [], FAIL);
  const long = [text(f1, false), more(f2, false), ping('pongme 1!'), wait, more(f3, false), more(f4, false)];
  const end = [ping('pongme 2!'), more('fragment5')];
  const all = seen('text', 'fragment1fragment2fragment3fragment4fragment5');
  for (const [id, write] of [
    ['5.19', 'normal'],
    ['5.20', 'frame-wise'],
  ] as const) {
    const events = [seen('pong', 'pongme 1!'), 'open', seen('pong', 'pongme 2!'), all];
    yield make(id, [...long, ...end], events, { write });
  }
}

function* utf8(): Generator<Case> {
  const bad: Partial<Case> = { ending: 'fail 1007' };
  yield make('6.1.1', [text()], [seen('text', '')]);
  yield make('6.1.2', [text('', false), more('', false), more()], [seen('text', '')]);
  const middle = 'middle frame payload';
  yield make('6.1.3', [text('', false), more(middle, false), more()], [seen('text', middle)]);
  yield make('6.2.1', [text(LATIN)], [seen('text', LATIN)]);
  yield make('6.2.2', [text(LATIN.subarray(0, 15), false), more(LATIN.subarray(15))], [seen('text', LATIN)]);
  yield make('6.2.3', fragments(1, LATIN, 1), [seen('text', LATIN)]);
  yield make('6.2.4', fragments(1, GREEK, 1), [seen('text', GREEK)]);
  yield make('6.3.1', [text(CHOPPED_BAD)], [], bad);
  yield make('6.3.2', fragments(1, CHOPPED_BAD, 1), [], bad);
  const above = hex('f4908080');
  const octets = Buffer.concat([GREEK, above, EDITED]);
  const cuts = [
    [GREEK, above, EDITED],
    [octets.subarray(0, 12), octets.subarray(12, 13), octets.subarray(13)],
  ] as const;
  for (const [i, [a, b, c]] of cuts.entries()) {
    yield make(`6.4.${String(1 + i)}`, [text(a, false), wait, more(b, false), wait, more(c)], ['open'], bad);
    yield make(
      `6.4.${String(3 + i)}`,
      [{ do: 'raw', opcode: 1, fin: false, pieces: [a, b, c] }],
      ['open'],
      bad,
    );
  }
  for (const [group, list] of UTF8_GROUPS) {
    for (const [i, sample] of list.entries()) {
      const payload = hex(sample.slice(1));
      const id = `${group}.${String(i + 1)}`;
      yield sample.startsWith('+')
        ? make(id, [text(payload)], [seen('text', payload)])
        : make(id, [text(payload)], [], bad);
    }
  }
}

const range = (from: number, to: number, gap = '') => {
  let list = '';
  for (let octet = from; octet <= to; octet++) list += octet.toString(16).padStart(2, '0') + gap;
  return list;
};
const TRUNCATED = 'c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf'.split(' ');
const split = (list: string) => list.split(' ');
const planes = () => {
  const samples = ['+efbfbe', '+efbfbf'];
  for (let plane = 1; plane <= 16; plane++) {
    for (const low of [0xfffe, 0xffff]) {
      samples.push(`+${Buffer.from(String.fromCodePoint(plane * 0x10000 + low)).toString('hex')}`);
    }
  }
  return samples;
};
const GREEK_ENDS = new Set([2, 5, 7, 9, 11]);

const UTF8_GROUPS: readonly (readonly [string, readonly string[]])[] = [
  [
    '6.5',
    split(
      '+68656c6c6f24776f726c64 +68656c6c6fc2a2776f726c64 +68656c6c6fe282ac776f726c64 +68656c6c6ff0a4ada2776f726c64 +cebae1bdb9cf83cebcceb5',
    ),
  ],
  [
    '6.6',
    Array.from(
      { length: 11 },
      (_, i) => (GREEK_ENDS.has(i + 1) ? '+' : '-') + GREEK.subarray(0, i + 1).toString('hex'),
    ),
  ],
  ['6.7', split('+00 +c280 +e0a080 +f0908080')],
  ['6.8', split('-f888808080 -fc8480808080')],
  ['6.9', split('+7f +dfbf +efbfbf +f48fbfbf')],
  ['6.10', split('-f7bfbfbf -fbbfbfbfbf -fdbfbfbfbfbf')],
  ['6.11', split('+ed9fbf +ee8080 +efbfbd +f48fbfbf -f4908080')],
  ['6.12', [...split('-80 -bf -80bf -80bf80 -80bf80bf -80bf80bf80 -80bf80bf80bf'), `-${range(0x80, 0xbe)}`]],
  [
    '6.13',
    [
      `-${range(0xc0, 0xde, '20')}`,
      `-${range(0xe0, 0xee, '20')}`,
      `-${range(0xf0, 0xf6, '20')}`,
      `-${range(0xf8, 0xfa, '20')}`,
      '-fc20',
    ],
  ],
  ['6.14', TRUNCATED.map((sample) => `-${sample}`)],
  ['6.15', [`-${TRUNCATED.join('')}`]],
  ['6.16', split('-fe -ff -fefeffff')],
  ['6.17', split('-c0af -e080af -f08080af -f8808080af -fc80808080af')],
  ['6.18', split('-c1bf -e09fbf -f08fbfbf -f887bfbfbf -fc83bfbfbfbf')],
  ['6.19', split('-c080 -e08080 -f0808080 -f880808080 -fc8080808080')],
  ['6.20', split('-eda080 -edadbf -edae80 -edafbf -edb080 -edbe80 -edbfbf')],
  ['6.21', split('eda080 edadbf edae80 edafbf').flatMap((high) => [`-${high}edb080`, `-${high}edbfbf`])],
  ['6.22', planes()],
  ['6.23', split('+efbfb9 +efbfba +efbfbb +efbfbc +efbfbd +efbfbe +efbfbf')],
];

function* closes(): Generator<Case> {
  const own: Partial<Case> = { ending: 'closes' };
  const failing: Partial<Case> = { ending: 'fail 1002', firstCloser: 'fuzzer' };
  const hello = 'Hello World!';
  yield make('7.1.1', [text(hello)], [seen('text', hello)]);
  yield make('7.1.2', [closing(1000), closing()], [], own);
  yield make('7.1.3', [closing(1000), ping()], [], own);
  yield make('7.1.4', [closing(1000), text(hello)], [], own);
  yield make('7.1.5', [text('fragment1', false), closing(1000), more('fragment2')], [], own);
  const large = latin1('BAsd7&jh23'.repeat(26_215).slice(0, 262_144));
  const echoes = [seen('text', large), seen('text', hello)];
  yield make('7.1.6', [text(large), text(hello), closing(1000), ping()], echoes, own);
  yield make('7.3.1', [closing()], [], own);
  yield make('7.3.2', [closing(undefined, 'a')], [], failing);
  yield make('7.3.3', [closing(1000)], [], own);
  yield make('7.3.4', [closing(1000, hello)], [], own);
  yield make('7.3.5', [closing(1000, '*'.repeat(123))], [], own);
  yield make('7.3.6', [closing(1000, '*'.repeat(124))], [], failing);
  yield make('7.5.1', [closing(1000, CHOPPED_BAD)], [], { ...failing, codes: [1002, 1007] });
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
  for (const [i, code] of valid.entries()) {
    yield make(`7.7.${String(i + 1)}`, [closing(code)], [], { ...own, codes: [1000, code] });
  }
  for (const [i, code] of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].entries()) {
    yield make(`7.9.${String(i + 1)}`, [closing(code)], [], failing);
  }
  // Informational in the suite; the codes are outside of what RFC 6455 §7.4.2 lets anybody send.
  yield make('7.13.1', [closing(5000)], [], failing);
  yield make('7.13.2', [closing(65_535)], [], failing);
}

function* limits(): Generator<Case> {
  const rest: Partial<Case> = { lengthOnly: true };
  const length = (kind: string, { length: octets }: Buffer): Seen => `${kind} ${String(octets)} octets`;
  const KiB = 1024;
  const MiB = 1024 * KiB;
  const repeat = (pattern: Buffer, length: number) => Buffer.alloc(length, pattern);
  const T = latin1('BAsd7&jh23');
  const B = hex('00fe23faf0');
  for (const [i, size] of [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].entries()) {
    yield make(`9.1.${String(i + 1)}`, [text(repeat(T, size))], [length('text', repeat(T, size))], rest);
    yield make(`9.2.${String(i + 1)}`, [binary(repeat(B, size))], [length('binary', repeat(B, size))], rest);
  }
  const stars = Buffer.alloc(4 * MiB, 0x2a);
  for (const [i, size] of [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB].entries()) {
    yield make(`9.3.${String(i + 1)}`, fragments(1, stars, size), [length('text', stars)], rest);
    yield make(`9.4.${String(i + 1)}`, fragments(2, stars, size), [length('binary', stars)], rest);
  }
  for (const [i, size] of [64, 128, 256, 512, 1024, 2048].entries()) {
    const chopped = { ...rest, write: size };
    yield make(`9.5.${String(i + 1)}`, [text(repeat(T, MiB))], [length('text', repeat(T, MiB))], chopped);
    yield make(`9.6.${String(i + 1)}`, [binary(repeat(B, MiB))], [length('binary', repeat(B, MiB))], chopped);
  }
  for (const [i, size] of [0, 16, 64, 256, 1024, 4096].entries()) {
    for (const [group, kind, send] of [
      [7, 'text', text],
      [8, 'binary', binary],
    ] as const) {
      const octets = Buffer.alloc(size, kind === 'text' ? 0x2a : 0xfe);
      const thousand = Array.from({ length: 1000 }, () => octets);
      yield make(
        `9.${String(group)}.${String(i + 1)}`,
        thousand.map((one) => send(one)),
        thousand.map((one) => length(kind, one)),
        rest,
      );
    }
  }
  const misc = Buffer.alloc(65_536, 0x2a);
  yield make('10.1.1', fragments(1, misc, 1300), [seen('text', misc)]);
}

/** Makes all cases of sections 1–7 and 10, and 9 with its large messages. */
export function* allCases(): Generator<Case> {
  yield* framing();
  yield* pings();
  yield* reserved();
  yield* fragmentation();
  yield* utf8();
  yield* closes();
  yield* limits();
}
