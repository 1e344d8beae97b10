import { deepStrictEqual, ok } from 'node:assert/strict';
import { WebSocketError } from '../../../lib/errors.js';
import {
  formatExtensions,
  parseExtensions,
  type ExtensionOffer,
} from '../../../lib/protocol/extension-header.js';
import {
  acceptDeflate,
  offerDeflate,
  readDeflateResponse,
  type DeflateWishes,
} from '../../../lib/protocol/permessage-deflate.js';
import { words, type Target } from '../target.js';

const BITS = [undefined, 8, 9, 12, 15];
const DEFLATE = 'permessage-deflate';

/**
 * Negotiates by a Sec-WebSocket-Extensions of a stranger, in both roles. An octet before the header says what is wanted.
 */
export const extensions: Target = {
  name: 'extensions',
  title: 'the header Sec-WebSocket-Extensions, in both roles',
  seeds: words(
    `\0${DEFLATE}`,
    `\x04${DEFLATE}`,
    `\0${DEFLATE}; server_max_window_bits=8`,
    `\0${DEFLATE}; client_max_window_bits`,
    `\x03${DEFLATE}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10`,
    `\x13${DEFLATE}; client_max_window_bits="9", ${DEFLATE}`,
    '\0a, b; c=d; e="f"',
    '\0b; c="\\d"',
    '\0 , a ,, \t;',
  ),
  words: words(
    ...[DEFLATE, '; ', ', ', '=', '"', '\\', '\t', '8', '9', '15', '16', '0', '010', '=15', '="1\\5"'],
    ...['server_max_window_bits', 'client_max_window_bits', 'server_no_context_takeover'],
    ...['client_no_context_takeover', '__proto__', 'constructor'],
  ),
  maxLength: 400,
  run(input) {
    const [settings = 0] = input;
    const wishes: DeflateWishes = {
      serverNoContextTakeover: (settings & 1) === 1,
      clientNoContextTakeover: (settings & 2) === 2,
      serverMaxWindowBits: BITS[(settings >> 2) % BITS.length],
      clientMaxWindowBits: BITS[(settings >> 5) % BITS.length],
    };
    let offers: ExtensionOffer[];
    try {
      offers = parseExtensions(input.toString('latin1', 1));
    } catch (error) {
      ok(error instanceof WebSocketError, String(error));
      ok(error.code === 'ERR_WS_INVALID_EXTENSIONS_HEADER');
      return error.message.replaceAll(/\d+|".*"/g, '');
    }
    ok(offers.length > 0);
    deepStrictEqual(parseExtensions(formatExtensions(offers)), offers);
    return `${offers.length > 1 ? 'some' : 'one'}: ${asServer(offers, wishes)}, ${asClient(offers, wishes)}`;
  },
};

/** Accepts what a client offers; what is accepted has to be what both sides may do. */
function asServer(offers: readonly ExtensionOffer[], wishes: DeflateWishes): string {
  const accepted = acceptDeflate(offers, wishes);
  if (accepted === undefined) return 'declined';
  const { agreement, response } = accepted;
  ok(offers.some(({ name }) => name === DEFLATE));
  ok(
    agreement.serverMaxWindowBits >= 9 && agreement.serverMaxWindowBits <= (wishes.serverMaxWindowBits ?? 15),
  );
  ok(
    agreement.clientMaxWindowBits >= 8 && agreement.clientMaxWindowBits <= (wishes.clientMaxWindowBits ?? 15),
  );
  ok(agreement.serverNoContextTakeover || !wishes.serverNoContextTakeover);
  ok(agreement.clientNoContextTakeover || !wishes.clientNoContextTakeover);
  const [reread] = parseExtensions(formatExtensions([response]));
  deepStrictEqual(reread, response);
  // A client that could have offered this takes the answer, and both have agreed on the same.
  const most = { ...wishes, serverMaxWindowBits: undefined, clientMaxWindowBits: undefined };
  const read = readDeflateResponse([response], most);
  ok(typeof read === 'object');
  ok(read.serverMaxWindowBits === agreement.serverMaxWindowBits);
  ok(read.clientMaxWindowBits >= agreement.clientMaxWindowBits);
  return `${response.params.size} parameters`;
}

/** Reads the same as the answer of a server. */
function asClient(answer: readonly ExtensionOffer[], wishes: DeflateWishes): string {
  const read = readDeflateResponse(answer, wishes);
  if (read === undefined) return 'not in force';
  if (typeof read === 'string') return read.replaceAll(/\d+/g, '');
  for (const bits of [read.serverMaxWindowBits, read.clientMaxWindowBits]) ok(bits >= 8 && bits <= 15);
  ok(read.clientMaxWindowBits <= (wishes.clientMaxWindowBits ?? 15));
  // What it would offer, it takes for an offer.
  ok(
    acceptDeflate(offerDeflate(wishes), {
      ...wishes,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: undefined,
    }) !== undefined || wishes.serverMaxWindowBits === 8,
  );
  return 'agreed';
}
