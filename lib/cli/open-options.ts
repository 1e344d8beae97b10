import { readFileSync } from 'node:fs';
import type { CommandDefinition, CommandLine } from './command-line.js';

/** Describes `hawser open`. */
export const OPEN_COMMAND: CommandDefinition = {
  name: 'open',
  summary: 'open a WebSocket, send what is typed and print what comes',
  synopsis: '[options] <url>',
  options: [
    {
      name: 'header',
      short: 'H',
      value: "'Name: value'",
      help: ['add a header field to the request; repeatable'],
    },
    {
      name: 'protocol',
      short: 'p',
      value: '<name>',
      help: [
        'offer a subprotocol; repeatable, or several with commas',
        'between them, the preferred one first',
      ],
    },
    {
      name: 'binary',
      short: 'b',
      help: [
        'send binary messages instead of text: each typed line,',
        'or each chunk that is read from a pipe (see below)',
      ],
    },
    { name: 'insecure', short: 'k', help: ['accept any certificate (wss:)'] },
    { name: 'ca', value: '<file>', help: ['trust the certificates in this PEM file (wss:)'] },
    {
      name: 'ping',
      value: '<seconds>',
      help: ['ping the server when nothing came for so long', '(fractions allowed; default 0: never)'],
    },
    {
      name: 'timeout',
      short: 't',
      value: '<seconds>',
      help: ['give up when the connection is not open by then', '(fractions allowed; default 10)'],
    },
    {
      name: 'wait',
      short: 'w',
      value: '<seconds>',
      help: ['stay this long after the end of the input, "inf" until', 'the server closes (default 0)'],
    },
    { name: 'verbose', short: 'v', help: ['tell about the handshake, pings and pongs on stderr'] },
  ],
  notes: [
    `At a terminal: Enter sends the line, Ctrl-D or Ctrl-C closes, a second Ctrl-C
drops the connection.`,
    `In a pipe (standard input or output is no terminal): every line of the input is
one text message, every message is printed as a line; with --binary every chunk
is one binary message, and what comes is written as it is, with nothing added.
At the end of the input the connection is closed with 1000, and what the server
sends until it has answered the Close is still printed. SIGINT and SIGTERM close
with 1001.`,
    `Exit status:
  0    closed by both ends, with 1000 or without a code
  1    any other failure
  2    bad usage
  3    the opening handshake failed: no such host, refused, TLS, status, time ...
  4    the connection broke: lost without a Close, or the server broke a rule
  5    closed by the server with another code (it is printed on stderr)
  129, 130, 143   stopped by SIGHUP, SIGINT or SIGTERM
  141  the reader of standard output went away`,
    `Examples:
  hawser open ws://127.0.0.1:8080/echo
  hawser open --protocol chat.text 'ws://127.0.0.1:8080/chat/lobby?name=Ann'
  echo hello | hawser open ws://127.0.0.1:8080/echo
  hawser open --wait inf ws://127.0.0.1:8080/clock < /dev/null | head -n 3`,
  ],
};

/** Holds what the command line of `hawser open` asks for. */
export interface OpenOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly origin: string | undefined;
  readonly protocol: readonly string[];
  readonly binary: boolean;
  readonly insecure: boolean;
  /** Certificates in PEM. */
  readonly ca: Buffer | undefined;
  /** Seconds of silence before a ping; 0 for none. */
  readonly keepalive: number;
  /** Deadline of the opening handshake, in milliseconds. */
  readonly timeoutMs: number;
  /** How long to stay after the end of the input, in milliseconds; Infinity until the peer closes. */
  readonly waitMs: number;
  readonly verbose: boolean;
}

/** Longest delay, in seconds, that Node's timers take. */
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/**
 * Reads the options of `hawser open`.
 * @throws UsageError that names the option and what it should have been.
 */
export function readOpenOptions(line: CommandLine): OpenOptions {
  const headers = readHeaders(line);
  const origin = headers.get('origin');
  headers.delete('origin');
  return {
    url: readUrl(line),
    headers: Object.fromEntries([...headers.values()].map(({ name, values }) => [name, oneOrMany(values)])),
    origin: origin?.values.at(-1),
    protocol: readProtocols(line),
    binary: line.has('binary'),
    insecure: line.has('insecure'),
    ca: readCertificates(line),
    keepalive: readSeconds(line, 'ping') ?? 0,
    timeoutMs: (readTimeout(line) ?? 10) * 1000,
    waitMs: readWait(line),
    verbose: line.has('verbose'),
  };
}

function readUrl(line: CommandLine): URL {
  const [text, extra] = line.positionals;
  if (text === undefined) throw line.error('the URL is missing');
  if (extra !== undefined) throw line.error(`one URL is enough, got "${extra}" too`);
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined)
    throw line.error(`"${text}" is no URL; did you mean ws://${text.replace(/^\/+/, '')}?`);
  if (scheme === 'http' || scheme === 'https') {
    throw line.error(`"${text}" is no WebSocket URL; did you mean ${text.replace(/^http/i, 'ws')}?`);
  }
  if (scheme !== 'ws' && scheme !== 'wss')
    throw line.error(`"${text}" is no WebSocket URL: wanted ws: or wss:`);
  if (!URL.canParse(text)) throw line.error(`"${text}" is no valid URL`);
  const url = new URL(text);
  if (url.hash !== '' || text.includes('#'))
    throw line.error(`a WebSocket URL has no fragment (#…): "${text}"`);
  return url;
}

interface HeaderField {
  readonly name: string;
  readonly values: string[];
}

/** Collects the fields by lower-case name, so that `-H 'a: 1' -H 'A: 2'` are two values of one field. */
function readHeaders(line: CommandLine): Map<string, HeaderField> {
  const fields = new Map<string, HeaderField>();
  for (const text of line.all('header')) {
    const match = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(text);
    const [, name = '', value = ''] = match ?? [];
    if (match === null) throw line.error(`--header needs 'Name: value', got "${text}"`);
    const key = name.toLowerCase();
    if (key === 'sec-websocket-protocol') throw line.error('subprotocols are offered with --protocol');
    const known = fields.get(key);
    if (known === undefined) fields.set(key, { name, values: [value] });
    else known.values.push(value);
  }
  return fields;
}

function oneOrMany(values: string[]): string | string[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}

function readProtocols(line: CommandLine): string[] {
  return line.all('protocol').flatMap((text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) throw line.error(`--protocol needs a name, got "${text}"`);
    return names;
  });
}

function readCertificates(line: CommandLine): Buffer | undefined {
  const file = line.last('ca');
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw line.error(`--ca: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readSeconds(line: CommandLine, name: string): number | undefined {
  return line.number(
    name,
    `seconds from 0 to ${String(MAX_SECONDS)}`,
    (value) => value >= 0 && value <= MAX_SECONDS,
  );
}

function readTimeout(line: CommandLine): number | undefined {
  const wanted = `seconds above 0, up to ${String(MAX_SECONDS)}`;
  return line.number('timeout', wanted, (value) => value > 0 && value <= MAX_SECONDS);
}

function readWait(line: CommandLine): number {
  if (line.last('wait') === 'inf') return Infinity;
  const wanted = `seconds from 0 to ${String(MAX_SECONDS)}, or "inf"`;
  return (line.number('wait', wanted, (value) => value >= 0 && value <= MAX_SECONDS) ?? 0) * 1000;
}
