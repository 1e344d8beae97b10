import { ok } from 'node:assert/strict';
import { HandshakeError } from '../../../lib/errors.js';
import { examineResponse } from '../../../lib/handshake/client-handshake.js';
import { parseExtensions } from '../../../lib/protocol/extension-header.js';
import { ACCEPT, KEY } from '../../raw-peer.js';
import { readHead } from '../head.js';
import { words, type Target } from '../target.js';

const PROTOCOLS = ['chat', 'superchat'];
const WISHES = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: 12,
};
const GOOD = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

/** Judges the answer of a stranger to our opening handshake. A first octet `d` offers permessage-deflate. */
export const response: Target = {
  name: 'response',
  title: 'the opening handshake of a server, as the client judges it',
  seeds: words(
    ` ${GOOD.join('\n')}\n`,
    ` ${GOOD.join('\n')}\nSec-WebSocket-Protocol: chat\n`,
    `d${GOOD.join('\n')}\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\n`,
    ' HTTP/1.1 302 Found\nLocation: /\n',
  ),
  words: words(
    ...GOOD.flatMap((line) => [`${line}\n`, line.split(': ')[0]!, line.split(': ').at(-1)!]),
    ...[
      'Sec-WebSocket-Protocol: ',
      'Sec-WebSocket-Extensions: ',
      'permessage-deflate',
      'superchat',
      ', ',
      '; ',
    ],
    ...[
      'client_max_window_bits=',
      'server_max_window_bits=',
      'server_no_context_takeover',
      '8',
      '15',
      '\t',
      '"',
    ],
    ...['__proto__: ', 'd', '\0', '\xe4'],
  ),
  maxLength: 700,
  run(input) {
    const isOffered = input[0] === 0x64;
    const { line, rawHeaders } = readHead(input.subarray(1));
    const status = Number(line[1]);
    const statusCode = Number.isInteger(status) ? status : undefined;
    const deflate = isOffered ? WISHES : undefined;
    try {
      const agreement = examineResponse({ statusCode, rawHeaders, key: KEY, protocols: PROTOCOLS, deflate });
      const { protocol, extensions } = agreement;
      ok(statusCode === 101);
      ok(protocol === '' || PROTOCOLS.includes(protocol), protocol);
      const names = extensions === '' ? [] : parseExtensions(extensions).map(({ name }) => name);
      ok(names.every((name) => isOffered && name === 'permessage-deflate') && names.length <= 1, extensions);
      ok((agreement.deflate !== undefined) === (names.length === 1));
      ok((agreement.deflate?.clientMaxWindowBits ?? 8) <= WISHES.clientMaxWindowBits);
      const accepts = rawHeaders.filter(
        (text, index) => index % 2 === 0 && /^sec-websocket-accept$/i.test(text),
      );
      ok(accepts.length === 1);
      return `ok ${protocol} ${String(names.length)}`;
    } catch (error) {
      ok(error instanceof HandshakeError && error.stage === 'validate', String(error));
      return error.message.replaceAll(/\d+/g, '');
    }
  },
};
