import { expect } from 'chai';
import { STATUS_CODES } from 'node:http';
import { InvalidOptionError } from '../../lib/errors.js';
import {
  acceptResponse,
  rejected,
  rejectResponse,
  unsupportedVersion,
  type Refusal,
} from '../../lib/handshake/handshake-response.js';
import { statusMessageOf } from '../../lib/handshake/status-message.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = (more: object = {}) => acceptResponse({ key: KEY, ...more });
const reject = (refusal: object) => rejectResponse(refusal as Refusal).toString('latin1');

/** What must never get into a header, at the front, inside and at the end (H10). */
const INJECTIONS = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x01',
  '\x0b',
  '\x1f',
  '\x7f',
  '\u0100',
  '\u010d',
  '\u2028',
  '\ud800',
].flatMap((bad) => [`${bad}a`, `a${bad}b`, `a${bad}`]);

describe('acceptResponse (RFC 6455 §4.2.2, item 5)', () => {
  it('is the 101 response, whole', () => {
    expect(accept()).to.equal(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  it('names the subprotocol and the extensions when there are some, then the further fields', () => {
    const extensions = 'permessage-deflate; server_no_context_takeover';
    expect(
      accept({ protocol: 'chat', extensions, headers: { 'Set-Cookie': ['a=1', 'b=2'], 'X-A': 'caf\u00e9' } }),
    ).to.equal(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n' +
        'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n' +
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: caf\u00e9\r\n\r\n',
    );
  });

  it('is in Latin-1, one octet for each character', () => {
    expect(accept({ headers: { A: '\u00e9' } })).to.include('A: \u00e9\r\n');
  });

  it('leaves out an empty subprotocol and empty extensions', () => {
    expect(accept({ protocol: '', extensions: '', headers: {} })).to.equal(accept());
    expect(accept({ protocol: undefined, extensions: undefined, headers: undefined })).to.equal(accept());
  });

  for (const key of ['', 'a', `${KEY}\r\n`, 'dGhlIHNhbXBsZSBub25j', 7, undefined, null, [KEY]]) {
    it(`refuses the key ${JSON.stringify(key)}`, () => {
      expect(() => accept({ key })).to.throw(
        InvalidOptionError,
        /^key: expected the base64 of 16 octets, got/,
      );
    });
  }

  for (const protocol of [...INJECTIONS, 'a b', 'a,b', ' ', null, 7, ['a']]) {
    it(`refuses the subprotocol ${JSON.stringify(protocol)}`, () => {
      expect(() => accept({ protocol })).to.throw(InvalidOptionError, /^protocol: expected a token, got/);
    });
  }

  for (const extensions of [...INJECTIONS, null, 7, ['a']]) {
    it(`refuses the extensions ${JSON.stringify(extensions)}`, () => {
      expect(() => accept({ extensions })).to.throw(
        InvalidOptionError,
        /^extensions: expected a list of extensions, got/,
      );
    });
  }

  for (const value of INJECTIONS) {
    it(`refuses a header field with ${JSON.stringify(value)}`, () => {
      expect(() => accept({ headers: { 'X-A': value } })).to.throw(InvalidOptionError, /^headers\["X-A"\]: /);
      expect(() => accept({ headers: { [value]: 'a' } })).to.throw(InvalidOptionError, /^headers: /);
    });
  }

  const reserved: readonly (readonly [name: string, hint: RegExp])[] = [
    ['Upgrade', /; the response sets it$/],
    ['CONNECTION', /; the response sets it$/],
    ['content-length', /; the response frames its body itself$/],
    ['Transfer-Encoding', /; the response frames its body itself$/],
    ['Sec-WebSocket-Accept', /; the handshake sets it$/],
    ['sec-websocket-key', /; the handshake sets it$/],
    ['sec-WebSocket-Protocol', /; the subprotocol is chosen by selectProtocol or the live path$/],
    ['Sec-WebSocket-Extensions', /; the handshake sets it$/],
    ['Sec-WebSocket-Version', /; the handshake sets it$/],
    ['Sec-WebSocket-Whatever', /; the handshake sets it$/],
  ];
  for (const [name, hint] of reserved) {
    it(`keeps ${name} to itself`, () => {
      expect(() => accept({ headers: { [name]: 'a' } })).to.throw(InvalidOptionError, hint);
    });
  }
});

describe('rejectResponse', () => {
  it('is a whole response that closes the connection', () => {
    expect(reject({ status: 404 })).to.equal(
      'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 10\r\n\r\nNot Found\n',
    );
  });

  it('carries the status message, header fields and body given', () => {
    const refusal = {
      status: 401,
      statusMessage: 'Who are you',
      headers: { 'WWW-Authenticate': 'Basic' },
      body: 'no',
    };
    expect(reject(refusal)).to.equal(
      'HTTP/1.1 401 Who are you\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 2\r\nWWW-Authenticate: Basic\r\n\r\nno',
    );
  });

  it("takes the caller's Content-Type, in any letter case, for its own", () => {
    const text = reject({ status: 400, headers: { 'content-TYPE': 'application/json' }, body: '{}' });
    expect(text.match(/content-type: .*/gi)).to.deep.equal(['content-TYPE: application/json']);
    const behind = reject({ status: 400, headers: { Allow: 'GET', 'Content-Type': 'text/html' } });
    expect(behind.match(/content-type: .*/gi)).to.deep.equal(['Content-Type: text/html']);
  });

  it('sends its own Content-Type when only the value of another field is called so', () => {
    expect(reject({ status: 400, headers: { Vary: 'Content-Type' } })).to.include(
      '\r\nContent-Type: text/plain; charset=utf-8\r\n',
    );
  });

  it('has its head in Latin-1, one octet for each character', () => {
    const response = rejectResponse({ status: 400, statusMessage: 'caf\u00e9', body: '' });
    expect(response.includes(Buffer.from([0x66, 0xe9, 0x0d]))).to.equal(true);
  });

  it('counts the octets of the body, not its characters', () => {
    const response = rejectResponse({ status: 400, body: '\u20ac' });
    expect(response.toString()).to.match(/Content-Length: 3\r\n\r\n\u20ac$/);
  });

  it('takes a body of octets', () => {
    const response = rejectResponse({ status: 400, body: new Uint8Array([0, 255, 13]) });
    expect(response.subarray(-3).toString('hex')).to.equal('00ff0d');
    expect(response.toString('latin1')).to.include('Content-Length: 3\r\n');
  });

  it('takes an empty body and an empty status message', () => {
    expect(reject({ status: 400, statusMessage: '', body: '' })).to.match(
      /^HTTP\/1\.1 400 \r\n.*Content-Length: 0\r\n\r\n$/s,
    );
  });

  it('renders a rejection as it is, without its reason', () => {
    expect(reject(rejected(405, 'the method is not GET', { Allow: 'GET' }))).to.equal(
      'HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 22\r\nAllow: GET\r\n\r\nthe method is not GET\n',
    );
  });

  it('asks for the version and protocol that are spoken here with 426 (RFC 6455 §4.2.2, RFC 7231 §6.5.15)', () => {
    expect(reject(unsupportedVersion())).to.equal(
      'HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\nContent-Length: 32\r\nSec-WebSocket-Version: 13\r\n\r\n' +
        'Sec-WebSocket-Version is not 13\n',
    );
  });

  for (const status of [300, 302, 308, 400, 418, 499, 500, 599]) {
    it(`takes the status ${status}`, () => {
      expect(reject({ status })).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }

  for (const status of [
    0,
    99,
    100,
    101,
    103,
    199,
    200,
    204,
    299,
    304,
    600,
    1000,
    -1,
    400.5,
    NaN,
    Infinity,
    '400',
    null,
    undefined,
  ]) {
    it(`refuses the status ${typeof status === 'string' ? `"${status}"` : String(status)}`, () => {
      expect(() => reject({ status })).to.throw(
        InvalidOptionError,
        /^status: expected an integer from 300 to 599/,
      );
    });
  }

  for (const statusMessage of [...INJECTIONS, null, 7]) {
    it(`refuses the status message ${JSON.stringify(statusMessage)}`, () => {
      expect(() => reject({ status: 400, statusMessage })).to.throw(
        InvalidOptionError,
        /^statusMessage: expected a string of printable Latin-1/,
      );
    });
  }

  for (const body of [null, 7, {}, ['a'], new ArrayBuffer(1)]) {
    it(`refuses a body that is ${Object.prototype.toString.call(body)}`, () => {
      expect(() => reject({ status: 400, body })).to.throw(
        InvalidOptionError,
        /^body: expected a string, Buffer or Uint8Array, got/,
      );
    });
  }

  for (const value of INJECTIONS) {
    it(`refuses a header field with ${JSON.stringify(value)}`, () => {
      expect(() => reject({ status: 400, headers: { 'X-A': value } })).to.throw(
        InvalidOptionError,
        /^headers\["X-A"\]: /,
      );
      expect(() => reject({ status: 400, headers: { [value]: 'a' } })).to.throw(
        InvalidOptionError,
        /^headers: /,
      );
    });
  }

  const reserved: readonly (readonly [name: string, hint: RegExp])[] = [
    ['upgrade', /; the response sets it$/],
    ['Connection', /; the response sets it$/],
    ['CONTENT-LENGTH', /; the response frames its body itself$/],
    ['transfer-encoding', /; the response frames its body itself$/],
    ['Sec-WebSocket-Accept', /; a refusal carries no part of the handshake$/],
    ['Sec-WebSocket-Protocol', /; a refusal carries no part of the handshake$/],
    ['Sec-WebSocket-Extensions', /; a refusal carries no part of the handshake$/],
  ];
  for (const [name, hint] of reserved) {
    it(`keeps ${name} to itself`, () => {
      expect(() => reject({ status: 400, headers: { [name]: 'a' } })).to.throw(InvalidOptionError, hint);
    });
  }
});

describe('statusMessageOf', () => {
  it("says what Node's table says for every status that a handshake is answered with", () => {
    const answers = Object.keys(STATUS_CODES)
      .map(Number)
      .filter((status) => status === 101 || status >= 300);
    for (const status of answers) {
      // 304 cannot be sent; 509 was never registered.
      if (status !== 304 && status !== 509) expect(statusMessageOf(status)).to.equal(STATUS_CODES[status]);
    }
  });

  it('has a word for every other', () => {
    expect(statusMessageOf(499)).to.equal('Unknown');
  });
});
