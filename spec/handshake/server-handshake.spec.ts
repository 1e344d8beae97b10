import { expect } from 'chai';
import { isWebSocketUpgrade } from '../../lib/handshake/server-handshake.js';
import {
  examine,
  expectAccepted,
  expectRejected,
  FIELDS,
  having,
  isNamed,
  KEY,
  without,
  type Field,
} from './opening-request.js';

describe('examineRequest (RFC 6455 §4.2.1)', () => {
  it('accepts the example, with everything read', () => {
    expect(expectAccepted()).to.deep.equal({
      ok: true,
      version: 13,
      key: KEY,
      path: '/chat',
      query: '',
      host: 'server.example.com',
      origin: undefined,
      protocols: [],
      extensions: '',
    });
  });

  it('reads the optional fields', () => {
    const fields: Field[] = [
      ...FIELDS,
      ['Origin', 'http://example.com'],
      ['Sec-WebSocket-Protocol', 'chat, superchat'],
      ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
      ['Cookie', 'a=b'],
    ];
    expect(expectAccepted(fields, { url: '/chat?room=1' })).to.include({
      path: '/chat',
      query: 'room=1',
      origin: 'http://example.com',
      extensions: 'permessage-deflate; client_max_window_bits',
    });
    expect(expectAccepted(fields).protocols).to.deep.equal(['chat', 'superchat']);
  });

  describe('every field in odd case, order and white space', () => {
    const cases: readonly ((text: string) => string)[] = [
      (text) => text.toLowerCase(),
      (text) => text.toUpperCase(),
      (text) =>
        Array.from(text, (char, i) => (i % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join(''),
    ];
    for (const [name, value] of FIELDS) {
      for (const change of cases) {
        it(`accepts ${change(name)}`, () => {
          expectAccepted([...without(name), [change(name), value]]);
        });
      }
      it(`accepts ${name} first, last and padded`, () => {
        expectAccepted([[name, value], ...without(name)]);
        expectAccepted([...without(name), [name, ` \t${value}\t `]]);
      });
    }
  });

  describe('every field absent, empty or doubled (H1, H8)', () => {
    for (const [name, value] of FIELDS) {
      it(`refuses a request without ${name} with 400`, () => {
        expectRejected(400, new RegExp(`^${name} (is absent|does not name)`), without(name));
      });

      const empty = name === 'Sec-WebSocket-Version' ? 426 : 400;
      it(`refuses an empty ${name} with ${empty}`, () => {
        expectRejected(empty, new RegExp(`^${name} `), having(name, ''));
        expectRejected(empty, new RegExp(`^${name} `), having(name, ' \t'));
      });

      if (name === 'Upgrade' || name === 'Connection') {
        it(`accepts ${name} several times, combined`, () => {
          expectAccepted(having(name, value, value));
          expectAccepted(having(name, 'foo', value));
          expectAccepted(having(name, value, 'foo, bar'));
          expectAccepted(having(name, '', value, ''));
        });
      } else {
        for (const second of [value, `${value}x`, '']) {
          it(`refuses ${name} with a second one, ${JSON.stringify(second)}, with 400`, () => {
            expectRejected(400, new RegExp(`^${name} is doubled$`), having(name, value, second));
            expectRejected(400, new RegExp(`^${name} is doubled$`), having(name, second, value));
          });
        }
        it(`refuses ${name} doubled in another letter case with 400`, () => {
          expectRejected(400, new RegExp(`^${name} is doubled$`), [...FIELDS, [name.toLowerCase(), value]]);
          expectRejected(400, new RegExp(`^${name} is doubled$`), [[name.toUpperCase(), value], ...FIELDS]);
        });
      }
    }

    it('refuses a doubled Origin with 400, even the same', () => {
      expectRejected(400, /^Origin is doubled$/, [...FIELDS, ['Origin', 'http://a'], ['origin', 'http://a']]);
    });

    it('refuses any two of the fields missing, and all of them', () => {
      for (const [one] of FIELDS) {
        for (const [two] of FIELDS) {
          const fields = without(one).filter((field) => !isNamed(two)(field));
          expect(examine(fields), `${one} and ${two}`).to.include({ ok: false, status: 400 });
        }
      }
      expectRejected(400, /^Host is absent$/, []);
    });
  });

  describe('values', () => {
    const accepted: readonly (readonly [name: string, ...values: string[]])[] = [
      ['Host', 'localhost'],
      ['Host', 'LOCALHOST:8080'],
      ['Host', '127.0.0.1:1'],
      ['Host', '[::1]:8080'],
      ['Host', 'example.com:'],
      ['Host', 'under_score'],
      ['Upgrade', 'WebSocket'],
      ['Upgrade', 'WEBSOCKET'],
      ['Upgrade', 'foo, websocket'],
      ['Upgrade', 'websocket,h2c'],
      ['Upgrade', 'h2c', 'websocket'],
      ['Connection', 'upgrade'],
      ['Connection', 'UPGRADE'],
      ['Connection', 'keep-alive, Upgrade'],
      ['Connection', 'Upgrade,keep-alive'],
      ['Connection', 'keep-alive, UPGRADE, foo'],
      ['Connection', 'keep-alive', 'Upgrade'],
      ['Connection', ',, upgrade ,,'],
      ['Sec-WebSocket-Key', '+/+/+/+/+/+/+/+/+/+/+w=='],
      ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
      ['Sec-WebSocket-Protocol'],
      ['Sec-WebSocket-Protocol', ''],
      ['Sec-WebSocket-Protocol', 'chat'],
      ['Sec-WebSocket-Protocol', 'chat', 'superchat'],
      ['Sec-WebSocket-Protocol', 'chat,', ',superchat'],
      ['Sec-WebSocket-Protocol', 'constructor, __proto__, toString'],
      ['Sec-WebSocket-Extensions', ''],
      ['Sec-WebSocket-Extensions', 'foo'],
      ['Sec-WebSocket-Extensions', 'constructor; __proto__=toString'],
      ['Sec-WebSocket-Extensions', 'foo; bar="baz", foo'],
      ['Sec-WebSocket-Extensions', 'foo', 'bar; baz=1'],
      ['Origin', 'null'],
      ['Origin', ''],
      ['Origin', 'http://example.com'],
      ['Content-Length', '0'],
      ['Pragma', 'no-cache'],
      ['constructor', 'x'],
      ['__proto__', 'x'],
      ['toString', 'x'],
      ['hasOwnProperty', 'x'],
    ];
    for (const [name, ...values] of accepted) {
      it(`accepts ${name}: ${values.map((value) => JSON.stringify(value)).join(' and ') || 'none'}`, () => {
        expectAccepted(having(name, ...values));
      });
    }

    const refused: readonly (readonly [status: number, name: string, ...values: string[]])[] = [
      [400, 'Host', 'a, b'],
      [400, 'Host', 'a,b'],
      [400, 'Host', 'a b'],
      [400, 'Host', 'user@a'],
      [400, 'Host', 'http://a'],
      [400, 'Host', 'a/b'],
      [400, 'Host', 'a:b'],
      [400, 'Host', 'a:65536'],
      [400, 'Host', 'a:1:2'],
      [400, 'Host', '::1'],
      [400, 'Host', 'caf\u00e9'],
      [400, 'Upgrade', 'websockets'],
      [400, 'Upgrade', 'xwebsocket'],
      [400, 'Upgrade', 'web socket'],
      [400, 'Upgrade', 'websocket/13'],
      [400, 'Upgrade', 'websocket;q=1'],
      [400, 'Upgrade', '"websocket"'],
      [400, 'Upgrade', 'h2c'],
      [400, 'Upgrade', 'h2c', 'foo'],
      [400, 'Upgrade', 'web', 'socket'],
      [400, 'Upgrade', 'webso\u212aet'],
      [400, 'Upgrade', 'web\u017focket'],
      [400, 'Connection', 'keep-alive'],
      [400, 'Connection', 'close'],
      [400, 'Connection', 'upgraded'],
      [400, 'Connection', 'xupgrade'],
      [400, 'Connection', 'up grade'],
      [400, 'Connection', '"upgrade"'],
      [400, 'Connection', 'keep-alive upgrade'],
      [400, 'Connection', 'keep-alive;upgrade'],
      [400, 'Connection', 'up', 'grade'],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ'],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ='],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25j'],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZWE='],
      [400, 'Sec-WebSocket-Key', `${KEY}, ${KEY}`],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25j\u00e9Q=='],
      [400, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25j Q=='],
      [400, 'Sec-WebSocket-Key', '__proto__'],
      [426, 'Sec-WebSocket-Version', '0'],
      [426, 'Sec-WebSocket-Version', '7'],
      [426, 'Sec-WebSocket-Version', '8'],
      [426, 'Sec-WebSocket-Version', '12'],
      [426, 'Sec-WebSocket-Version', '14'],
      [426, 'Sec-WebSocket-Version', '113'],
      [426, 'Sec-WebSocket-Version', '130'],
      [426, 'Sec-WebSocket-Version', '013'],
      [426, 'Sec-WebSocket-Version', '+13'],
      [426, 'Sec-WebSocket-Version', '13.0'],
      [426, 'Sec-WebSocket-Version', '0xd'],
      [426, 'Sec-WebSocket-Version', '13, 8'],
      [426, 'Sec-WebSocket-Version', 'thirteen'],
      [400, 'Sec-WebSocket-Protocol', 'chat chat'],
      [400, 'Sec-WebSocket-Protocol', 'chat;q=1'],
      [400, 'Sec-WebSocket-Protocol', '"chat"'],
      [400, 'Sec-WebSocket-Protocol', 'chat, chat'],
      [400, 'Sec-WebSocket-Protocol', 'chat', 'chat'],
      [400, 'Sec-WebSocket-Protocol', 'chat', 'a/b'],
      [400, 'Sec-WebSocket-Protocol', 'caf\u00e9'],
      [400, 'Sec-WebSocket-Extensions', ','],
      [400, 'Sec-WebSocket-Extensions', 'a b'],
      [400, 'Sec-WebSocket-Extensions', 'a;'],
      [400, 'Sec-WebSocket-Extensions', 'a; b='],
      [400, 'Sec-WebSocket-Extensions', 'a; b="'],
      [400, 'Sec-WebSocket-Extensions', 'a', '; b'],
      [400, 'Sec-WebSocket-Extensions', 'caf\u00e9'],
      // A body would be taken for frames.
      [400, 'Content-Length', '1'],
      [400, 'Content-Length', '0', '1'],
      [400, 'Content-Length', '-0'],
      [400, 'Content-Length', ''],
      [400, 'Transfer-Encoding', 'chunked'],
      [400, 'Transfer-Encoding', 'identity'],
      [400, 'transfer-encoding', ''],
    ];
    for (const [status, name, ...values] of refused) {
      it(`refuses ${name}: ${values.map((value) => JSON.stringify(value)).join(' and ')} with ${status}`, () => {
        expectRejected(status, /./, having(name, ...values));
      });
    }

    it('names the version that is spoken here in the 426 (RFC 6455 §4.4)', () => {
      expect(examine(having('Sec-WebSocket-Version', '8'))).to.deep.include({
        status: 426,
        headers: { 'Sec-WebSocket-Version': '13' },
      });
    });

    it('judges the version before the key, which other versions wrote otherwise', () => {
      const fields = having('Sec-WebSocket-Version', '8').filter(
        (field) => !isNamed('Sec-WebSocket-Key')(field),
      );
      expectRejected(426, /./, fields);
    });

    it('combines the extensions of several fields', () => {
      expect(expectAccepted(having('Sec-WebSocket-Extensions', 'a; b', '', 'c')).extensions).to.equal(
        'a; b, c',
      );
    });
  });

  it('names the field that is wrong in the reason', () => {
    const table: readonly (readonly [name: string, value: string, reason: RegExp])[] = [
      ['Content-Length', '1', /^the request has a body$/],
      ['Sec-WebSocket-Key', 'a', /^Sec-WebSocket-Key is not the base64 of 16 octets$/],
      ['Sec-WebSocket-Protocol', 'a a', /^Sec-WebSocket-Protocol is no list of different tokens$/],
      ['Sec-WebSocket-Extensions', 'a a', /^Sec-WebSocket-Extensions is malformed$/],
    ];
    for (const [name, value, reason] of table) expectRejected(400, reason, having(name, value));
  });

  describe('the request line', () => {
    for (const method of [
      'POST',
      'PUT',
      'HEAD',
      'OPTIONS',
      'DELETE',
      'PATCH',
      'TRACE',
      'CONNECT',
      'get',
      'GET ',
      '',
    ]) {
      it(`refuses the method ${JSON.stringify(method)} with 405`, () => {
        expectRejected(405, /^the method is not GET$/, FIELDS, { method });
        expect(examine(FIELDS, { method })).to.deep.include({ headers: { Allow: 'GET' } });
      });
    }

    it('refuses a request without method or target', () => {
      expectRejected(405, /method/, FIELDS, { method: undefined });
      expectRejected(400, /request target/, FIELDS, { url: undefined });
    });

    for (const httpVersion of ['1.1', '1.2', '1.10']) {
      it(`accepts HTTP/${httpVersion}`, () => {
        expectAccepted(FIELDS, { httpVersion });
      });
    }

    for (const httpVersion of ['', '0.9', '1.0', '1', '1.', '1.01', '2.0', '2', '3.0', '11.1', '1.1 ', 'x']) {
      it(`refuses HTTP/${httpVersion} with 400`, () => {
        expectRejected(400, /^the HTTP version is not 1\.1$/, FIELDS, { httpVersion });
      });
    }

    const targets: readonly (readonly [url: string, path: string, query: string, host?: string])[] = [
      ['/', '/', ''],
      ['/a/b?c=d', '/a/b', 'c=d'],
      ['/%2e%2e/%41?%20', '/%2e%2e/%41', '%20'],
      ['//a', '//a', ''],
      ['ws://other.example/a?b', '/a', 'b', 'other.example'],
      ['http://server.example.com', '/', '', 'server.example.com'],
    ];
    for (const [url, path, query, host = 'server.example.com'] of targets) {
      it(`reads the target ${url}`, () => {
        expect(expectAccepted(FIELDS, { url })).to.include({ path, query, host });
      });
    }

    for (const url of [
      '',
      '*',
      'chat',
      'h:80',
      'ftp://h/',
      '/a#b',
      '/a b',
      '/a\r\nb',
      '/\0',
      'ws://',
      'ws://u@h/',
    ]) {
      it(`refuses the target ${JSON.stringify(url)} with 400`, () => {
        expectRejected(400, /request target/, FIELDS, { url });
      });
    }

    it('wants a Host even where the target names one (RFC 7230 §5.4)', () => {
      expectRejected(400, /^Host is absent$/, without('Host'), { url: 'ws://h/' });
      expectRejected(400, /^Host is malformed$/, having('Host', 'a b'), { url: 'ws://h/' });
    });
  });
});

describe('isWebSocketUpgrade', () => {
  const table: readonly (readonly [values: readonly string[], asks: boolean])[] = [
    [[], false],
    [[''], false],
    [['h2c'], false],
    [['websockets'], false],
    [['websocket/13'], false],
    [['websocket'], true],
    [['WebSocket'], true],
    [['h2c, websocket'], true],
    [['h2c', 'websocket'], true],
  ];
  for (const [values, asks] of table) {
    it(`is ${String(asks)} for Upgrade: ${JSON.stringify(values)}`, () => {
      expect(isWebSocketUpgrade({ rawHeaders: values.flatMap((value) => ['uPGRADE', value]) })).to.equal(
        asks,
      );
    });
  }
});
