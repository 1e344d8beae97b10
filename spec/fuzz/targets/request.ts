import { ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { acceptResponse, rejectResponse } from '../../../lib/handshake/handshake-response.js';
import { OriginPolicy } from '../../../lib/handshake/origin.js';
import { examineRequest, isWebSocketUpgrade } from '../../../lib/handshake/server-handshake.js';
import { readHead, type Head } from '../head.js';
import { words, type Target } from '../target.js';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const STATUSES = new Set([400, 403, 405, 426, 431]);
const policy = new OriginPolicy();

const GOOD = [
  'GET /chat?room=1 HTTP/1.1',
  'Host: example.org',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** Judges the request of a stranger, as the HTTP server hands it over, and answers it. */
export const request: Target = {
  name: 'request',
  title: 'the opening handshake of a client, as the server judges it',
  seeds: words(
    `${GOOD.join('\n')}\n`,
    `${GOOD.join('\n')}\nOrigin: http://example.org\nSec-WebSocket-Protocol: chat, superchat\n`,
    `${GOOD.join('\n')}\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\nContent-Length: 0\n`,
    'GET http://example.org:80/a HTTP/1.1\nHost: example.org:80\nUpgrade: h2c, websocket\nConnection: close, upgrade\n',
    'POST * HTTP/1.0\nHost: [::1]:8080\n',
  ),
  words: words(
    ...GOOD.flatMap((line) => [`${line}\n`, line, line.split(': ')[0]!, line.split(': ').at(-1)!]),
    ...['Origin: ', 'Sec-WebSocket-Protocol: ', 'Sec-WebSocket-Extensions: ', 'Transfer-Encoding: chunked\n'],
    ...[
      'Content-Length: ',
      'null',
      'https://',
      ', ',
      '\t',
      ':443',
      '[::1]',
      '%2e',
      '..',
      '//',
      '#',
      '\r',
      '\0',
      '@',
    ],
    ...['__proto__: ', 'constructor', '14', 'permessage-deflate', '\xe4', '=='],
  ),
  maxLength: 900,
  run(input) {
    const head = readHead(input);
    const message = {
      method: head.line[0] ?? '',
      url: head.line[1] ?? '',
      httpVersion: (head.line[2] ?? '').replace('HTTP/', ''),
      rawHeaders: head.rawHeaders,
    };
    const isUpgrade = isWebSocketUpgrade(message);
    const verdict = examineRequest(message, { maxHeaderFields: 20 });
    if (!verdict.ok) {
      ok(STATUSES.has(verdict.status), String(verdict.status));
      checkResponse(rejectResponse(verdict));
      ok(!/[\r\n]/.test(verdict.reason));
      return `${String(isUpgrade)} ${String(verdict.status)} ${verdict.reason.replaceAll(/\d+/g, '')}`;
    }
    checkAccepted(head, verdict.key);
    const { key, protocols, extensions } = verdict;
    const origin = policy.examine(verdict.origin, verdict.host, message as unknown as IncomingMessage);
    if (!origin.ok) checkResponse(rejectResponse(origin));
    const response = acceptResponse({ key, protocol: protocols[0] ?? '' });
    checkResponse(Buffer.from(response, 'latin1'));
    const accept = createHash('sha1').update(`${key}${MAGIC}`).digest('base64');
    ok(response.includes(`\r\nSec-WebSocket-Accept: ${accept}\r\n`));
    return `ok ${String(origin.ok)} ${String(protocols.length > 1)} ${String(extensions !== '')} ${String(verdict.query !== '')}`;
  },
};

/** Asserts that whoever is accepted keeps each rule of RFC 6455 §4.2.1, by the letter. */
function checkAccepted({ line, rawHeaders }: Head, key: string): void {
  const values = (name: string): string[] =>
    rawHeaders.flatMap((text, index) =>
      index % 2 === 0 && text.toLowerCase() === name ? [rawHeaders[index + 1]!] : [],
    );
  const names = (name: string, token: string): boolean =>
    values(name)
      .flatMap((value) => value.split(','))
      .some((element) => element.trim().toLowerCase() === token);
  ok(line[0] === 'GET', 'the method');
  ok(Number((line[2] ?? '').replace('HTTP/', '')) >= 1.1, 'the version of HTTP');
  ok(values('host').length === 1, 'one Host');
  ok(names('upgrade', 'websocket'), 'Upgrade');
  ok(names('connection', 'upgrade'), 'Connection');
  ok(values('sec-websocket-version').join() === '13', 'one version, 13');
  ok(values('sec-websocket-key').length === 1 && values('sec-websocket-key')[0]!.trim() === key, 'one key');
  ok(
    Buffer.from(key, 'base64').length === 16 &&
      Buffer.from(key, 'base64').toString('base64').length === key.length,
  );
  ok(values('transfer-encoding').length === 0, 'no body');
}

/** Asserts that a response is one, whatever the request had in it. */
function checkResponse(response: Buffer): void {
  const text = response.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n');
  ok(/^HTTP\/1\.1 \d{3} [ -~]+$/.test(lines[0]!), lines[0]!);
  for (const field of lines.slice(1)) ok(/^[A-Za-z-]+: [\t -~\x80-\xff]*$/.test(field), field);
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, end))?.[1];
  ok(Number(length ?? 0) === response.length - end - 4, 'its length');
}
