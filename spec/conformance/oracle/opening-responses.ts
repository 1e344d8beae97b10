/*
 * The server's answer to the opening handshake, field by field, and what a client has to make of it: RFC 6455 §4.1
 * ("the client MUST validate the server's response") and RFC 7230 for whatever holds of any response.
 */

/** Is an answer, and what becomes of it. */
export interface ResponseCase {
  readonly name: string;
  /** Subprotocols that the client offers. */
  readonly offer: readonly string[];
  /** Makes status line and header fields, without line ends, for the right Sec-WebSocket-Accept. */
  readonly lines: (accept: string) => readonly string[];
  /** Subprotocol in force once connected; or the stage at which the opening handshake fails. */
  readonly outcome:
    { readonly protocol: string } | { readonly stage: 'validate' | 'http'; readonly status?: number };
}

/** Is a group of cases on one field. */
export interface ResponseGroup {
  readonly of: string;
  readonly cases: readonly ResponseCase[];
}

type Outcome = ResponseCase['outcome'];
const OPENS: Outcome = { protocol: '' };
const FAILS: Outcome = { stage: 'validate', status: 101 };
/** What is no HTTP has no status. */
const NO_HTTP: Outcome = { stage: 'http' };

const STATUS_LINE = 'HTTP/1.1 101 Switching Protocols';
const [U, C, A, P, E] = [
  'Upgrade',
  'Connection',
  'Sec-WebSocket-Accept',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
] as const;

const fieldsFor = (accept: string): string[] => [`${U}: websocket`, `${C}: Upgrade`, `${A}: ${accept}`];
const nameOf = (line: string): string => line.slice(0, line.indexOf(':')).toLowerCase();
const fieldsWithout = (name: string, accept: string): string[] =>
  fieldsFor(accept).filter((line) => nameOf(line) !== name.toLowerCase());
const show = (values: readonly string[]): string =>
  values.length === 0 ? 'absent' : values.map((value) => JSON.stringify(value)).join(' and ');

/** Makes cases of one field: each a list of its values, in which @ stands for the right Sec-WebSocket-Accept. */
function field(name: string, outcome: Outcome, ...all: readonly (readonly string[])[]): ResponseCase[] {
  return all.map((values) => ({
    name: show(values),
    offer: [],
    lines: (accept) => [
      STATUS_LINE,
      ...fieldsWithout(name, accept),
      ...values.map((value) => `${name}:${value === '' ? '' : ` ${value.replaceAll('@', accept)}`}`),
    ],
    outcome,
  }));
}

/** Makes a case in which the value is made of the right one. */
const derived = (name: string, outcome: Outcome, value: (accept: string) => string): ResponseCase => ({
  name,
  offer: [],
  lines: (accept) => [STATUS_LINE, ...fieldsWithout(A, accept), `${A}: ${value(accept)}`],
  outcome,
});

const statusLine = (line: string, outcome: Outcome, ...before: string[]): ResponseCase => ({
  name: [...before.filter((one) => one !== ''), line].map((one) => JSON.stringify(one)).join(', then '),
  offer: [],
  lines: (accept) => [...before, line, ...fieldsFor(accept)],
  outcome,
});

const further = (outcome: Outcome, ...more: readonly string[]): ResponseCase => ({
  name: more.map((line) => JSON.stringify(line)).join(' and '),
  offer: [],
  lines: (accept) => [STATUS_LINE, ...fieldsFor(accept), ...more],
  outcome,
});

const changed = (
  name: string,
  outcome: Outcome,
  change: (fields: readonly string[]) => readonly string[],
): ResponseCase => ({
  name,
  offer: [],
  lines: (accept) => [STATUS_LINE, ...change(fieldsFor(accept))],
  outcome,
});

const offering = (offer: readonly string[], cases: readonly ResponseCase[]): ResponseCase[] =>
  cases.map((one) => ({ ...one, offer, name: `${one.name} to an offer of ${offer.join(', ') || 'none'}` }));

const oddly = (text: string): string =>
  [...text].map((letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('');
/** A tab behind the Upgrade of Connection is white space too, but with it Node's own parser sees no upgrade. */
const spaced = (line: string): string =>
  line.replace(': ', ':\t \t ') + (nameOf(line) === 'connection' ? '  ' : ' \t ');
const renamed = (change: (name: string) => string) => (fields: readonly string[]) =>
  fields.map((line) => line.replace(/^[^:]*/, change));

/** Lists the cases, by field. */
export const RESPONSES: readonly ResponseGroup[] = [
  {
    of: 'the status line (RFC 6455 §4.1, item 1; RFC 7230 §3.1.2; RFC 7231 §6.2)',
    cases: [
      statusLine('HTTP/1.1 101 ', OPENS),
      statusLine('HTTP/1.1 101 Web Socket Protocol Handshake', OPENS),
      statusLine(STATUS_LINE, OPENS, 'HTTP/1.1 100 Continue', ''),
      statusLine(
        STATUS_LINE,
        OPENS,
        'HTTP/1.1 103 Early Hints',
        'Link: </x>',
        '',
        'HTTP/1.1 102 Processing',
        '',
      ),
      ...[200, 201, 204, 301, 302, 400, 401, 403, 404, 407, 426, 429, 500, 503].map((status) =>
        // All else is as it should be: the status alone decides.
        statusLine(`HTTP/1.1 ${status} x`, { stage: 'http', status }),
      ),
      statusLine('HTTP/1.1 1O1 x', NO_HTTP),
      statusLine('HTTP/1.1 10 x', NO_HTTP),
      statusLine('HTTP/9.1 101 x', NO_HTTP),
      statusLine('HTTX/1.1 101 x', NO_HTTP),
      statusLine('101 Switching Protocols', NO_HTTP),
    ],
  },
  {
    of: 'Upgrade (item 2)',
    cases: [
      ...field(U, OPENS, ['WebSocket'], ['WEBSOCKET'], ['wEbSoCkEt'], ['\twebsocket \t']),
      ...field(
        U,
        FAILS,
        [],
        [''],
        ['h2c'],
        ['websocket2'],
        ['web socket'],
        ['"websocket"'],
        ['websocket/13'],
      ),
      ...field(
        U,
        FAILS,
        ['websocket, h2c'],
        ['h2c, websocket'],
        ['websocket', 'h2c'],
        ['websocket', 'websocket'],
      ),
      ...field(U, FAILS, ['websocket, websocket'], ['websocke'], ['websocket;x'], ['web\xdfocket']),
    ],
  },
  {
    of: 'Connection (item 3)',
    cases: [
      ...field(
        C,
        OPENS,
        ['upgrade'],
        ['UPGRADE'],
        ['uPgRaDe'],
        ['\tUpgrade'],
        [' Upgrade  '],
        ['keep-alive, Upgrade'],
      ),
      ...field(
        C,
        OPENS,
        ['Upgrade,keep-alive'],
        ['keep-alive', 'Upgrade'],
        ['Upgrade', 'keep-alive'],
        [', Upgrade ,'],
      ),
      ...field(
        C,
        FAILS,
        [],
        [''],
        ['keep-alive'],
        ['close'],
        ['Upgraded'],
        ['"Upgrade"'],
        ['Upgrade;x'],
        [','],
      ),
      ...field(C, FAILS, ['keep-alive', 'close'], ['Up grade']),
    ],
  },
  {
    of: 'Sec-WebSocket-Accept (item 4)',
    cases: [
      ...field(A, OPENS, ['\t @ \t']),
      ...field(
        A,
        FAILS,
        [],
        [''],
        ['@', '@'],
        ['@', ''],
        ['', '@'],
        ['@', 'x'],
        ['x', '@'],
        ['@, @'],
        ['@,'],
        ['"@"'],
      ),
      ...field(A, FAILS, ['@='], ['x@'], ['=@'], ['@ @'], ['x'], ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo='], ['@;x']),
      derived('in lower case', FAILS, (accept) => accept.toLowerCase()),
      derived('in upper case', FAILS, (accept) => accept.toUpperCase()),
      derived('without its last character', FAILS, (accept) => accept.slice(0, -1)),
      derived('without its first character', FAILS, (accept) => accept.slice(1)),
      derived('with a space in it', FAILS, (accept) => `${accept.slice(0, 9)} ${accept.slice(9)}`),
      derived('with one character changed', FAILS, (accept) =>
        accept.replace(/^./, (one) => (one === 'A' ? 'B' : 'A')),
      ),
      derived('reversed', FAILS, (accept) => [...accept].reverse().join('')),
      derived('as hex', FAILS, (accept) => Buffer.from(accept, 'base64').toString('hex')),
      changed('doubled in another case', FAILS, (fields) => [...fields, fields[2]!.toLowerCase()]),
    ],
  },
  {
    of: 'Sec-WebSocket-Extensions (item 5): nothing of what follows is offered',
    cases: [
      ...field(E, OPENS, [], [''], ['', '']),
      ...field(
        E,
        FAILS,
        ['x-foo'],
        ['x-foo; a=1'],
        ['bbf-usp-protocol'],
        ['x-webkit-deflate-frame'],
        ['__proto__'],
      ),
      ...field(
        E,
        FAILS,
        ['constructor'],
        ['permessage-foo', 'x'],
        ['', 'x-foo'],
        ['permessage-deflate2'],
        ['permessage'],
      ),
      // And what is no list of extensions at all (§9.1).
      ...field(
        E,
        FAILS,
        [','],
        ['x;'],
        [';x'],
        ['x y'],
        ['x; a='],
        ['x; a="'],
        ['x; a="b c"'],
        ['\xe9'],
        ['"x"'],
      ),
    ],
  },
  {
    of: 'Sec-WebSocket-Protocol (item 6)',
    cases: [
      ...offering(
        [],
        [...field(P, OPENS, [], ['']), ...field(P, FAILS, ['chat'], ['__proto__'], [','], ['', ''])],
      ),
      ...offering(
        ['chat', 'superchat'],
        [
          ...field(P, OPENS, [], ['']),
          ...field(P, { protocol: 'chat' }, ['chat'], ['\tchat \t']),
          ...field(P, { protocol: 'superchat' }, ['superchat']),
          ...field(
            P,
            FAILS,
            ['Chat'],
            ['CHAT'],
            ['cha'],
            ['chat2'],
            ['other'],
            ['"chat"'],
            ['chat;x'],
            ['constructor'],
          ),
          ...field(
            P,
            FAILS,
            ['chat, superchat'],
            ['chat,'],
            ['chat', 'chat'],
            ['chat', 'superchat'],
            ['chat', ''],
          ),
          ...field(P, FAILS, ['', 'chat'], ['chat superchat'], [',chat']),
          ...field(oddly(P), { protocol: 'chat' }, ['chat']),
        ],
      ),
    ],
  },
  {
    of: 'any field (RFC 7230 §3.2)',
    cases: [
      changed(
        'all names in lower case',
        OPENS,
        renamed((name) => name.toLowerCase()),
      ),
      changed(
        'all names in upper case',
        OPENS,
        renamed((name) => name.toUpperCase()),
      ),
      changed('all names in odd case', OPENS, renamed(oddly)),
      changed('the fields in reverse order', OPENS, (fields) => [...fields].reverse()),
      changed('no space behind the colons', OPENS, (fields) => fields.map((line) => line.replace(': ', ':'))),
      changed('much white space', OPENS, (fields) => fields.map((line) => spaced(line))),
      changed('none at all', FAILS, () => []),
      further(
        OPENS,
        'Date: Thu, 01 Jan 1970 00:00:00 GMT',
        'Server: x',
        'Set-Cookie: a=b',
        'Set-Cookie: c=d',
      ),
      further(OPENS, 'X-Unknown:', '__proto__: x', 'constructor: \xe9'),
      // RFC 6455 §4.4 has this one in refusals; here it means nothing.
      further(OPENS, 'Sec-WebSocket-Version: 13'),
      further(OPENS, 'Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Foo: y'),
      further(OPENS, 'Content-Length: 0'),
      further(NO_HTTP, 'no colon'),
      further(NO_HTTP, ': no name'),
      further(NO_HTTP, 'X Y: a name of two words'),
      further(NO_HTTP, 'X-Nul: a\0b'),
      further(NO_HTTP, `X-Long: ${'y'.repeat(20_000)}`),
    ].map((one) => ({ ...one, name: one.name.length > 80 ? `${one.name.slice(0, 40)}…` : one.name })),
  },
];
