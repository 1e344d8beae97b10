/** Is a request and its answer. */
export interface RequestCase {
  readonly name: string;
  /** Request line and header fields, without line ends. */
  readonly lines: readonly string[];
  readonly status: number;
  /** Fields that the answer has, by lower-case name; undefined: it has none of that name. */
  readonly answer: Readonly<Record<string, string | undefined>>;
}

/** Is a group of cases on one field. */
export interface RequestGroup {
  readonly of: string;
  readonly cases: readonly RequestCase[];
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const REQUEST_LINE = 'GET /chat HTTP/1.1';
export const FIELDS: readonly string[] = [
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

/** RFC 6455 §1.3 has this answer to its own key. */
const ACCEPTED = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  'sec-websocket-protocol': undefined,
  'sec-websocket-extensions': undefined,
};
/** What no refusal has. */
export const NO_PART = { 'sec-websocket-accept': undefined, 'sec-websocket-version': undefined };
/** RFC 6455 §4.4: a server that does not speak the version says which ones it speaks. */
export const WRONG_VERSION = { 'sec-websocket-accept': undefined, 'sec-websocket-version': '13' };
/** RFC 7231 §6.5.15: what is no upgrade is an ordinary request, to a server that answers none. */
const ORDINARY = { 'sec-websocket-accept': undefined, upgrade: 'websocket' };

const nameOf = (line: string): string => line.slice(0, line.indexOf(':')).trim().toLowerCase();
export const without = (name: string): string[] =>
  FIELDS.filter((line) => nameOf(line) !== name.toLowerCase());
const show = (values: readonly string[]): string =>
  values.length === 0
    ? 'absent'
    : values
        .map((value) => (value.length > 60 ? `${value.slice(0, 40)}…` : JSON.stringify(value)))
        .join(' and ');

type Answer = readonly [status: number, answer: RequestCase['answer']];
export const OK: Answer = [101, ACCEPTED];
export const BAD: Answer = [400, NO_PART];
export const VERSION: Answer = [426, WRONG_VERSION];
export const PLAIN: Answer = [426, ORDINARY];
export const FORBIDDEN: Answer = [403, NO_PART];
export const TOO_MUCH: Answer = [431, NO_PART];

/** Makes cases of one field: each a list of its values, none for a request without it. */
export function field(
  name: string,
  [status, answer]: Answer,
  ...all: readonly (readonly string[])[]
): RequestCase[] {
  return all.map((values) => ({
    name: show(values),
    lines: [
      REQUEST_LINE,
      ...without(name),
      ...values.map((value) => `${name}:${value === '' ? '' : ` ${value}`}`),
    ],
    status,
    answer,
  }));
}

/** Makes a case of other lines. */
export const lines = (name: string, [status, answer]: Answer, ...all: readonly string[]): RequestCase => ({
  name,
  lines: all,
  status,
  answer,
});

export const requestLine = (line: string, answer: Answer): RequestCase =>
  lines(line, answer, line, ...FIELDS);
export const further = (answer: Answer, ...more: readonly string[]): RequestCase =>
  lines(more.map((line) => JSON.stringify(line)).join(' and '), answer, REQUEST_LINE, ...FIELDS, ...more);
export const protocol = (
  name: string,
  values: readonly string[],
  chosen: string | undefined,
): RequestCase[] => field(name, [101, { ...ACCEPTED, 'sec-websocket-protocol': chosen }], values);

export const oddly = (text: string): string =>
  [...text].map((letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('');
/** A tab behind the Upgrade of Connection is white space too, but with it Node's own parser sees no upgrade. */
export const spaced = (line: string): string =>
  line.replace(': ', ':\t \t ') + (nameOf(line) === 'connection' ? '  ' : ' \t ');
export const renamed = (change: (name: string) => string): string[] =>
  FIELDS.map((line) => line.replace(/^[^:]*/, change));
