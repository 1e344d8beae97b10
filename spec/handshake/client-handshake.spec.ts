import { expect } from 'chai';
import fc from 'fast-check';
import { HandshakeError, InvalidOptionError } from '../../lib/errors.js';
import { acceptKey, generateKey } from '../../lib/handshake/accept-key.js';
import { examineResponse, requestHeaders } from '../../lib/handshake/client-handshake.js';
import { acceptResponse } from '../../lib/handshake/handshake-response.js';
import { examineRequest } from '../../lib/handshake/server-handshake.js';
import type { DeflateWishes } from '../../lib/protocol/permessage-deflate.js';

type Field = readonly [name: string, value: string];

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

describe('requestHeaders (RFC 6455 §4.1)', () => {
  const list = (more: object = {}) => requestHeaders({ authority: 'h:8080', key: KEY, ...more });
  const required = ['Host', 'h:8080', 'Upgrade', 'websocket', 'Connection', 'Upgrade'];
  required.push('Sec-WebSocket-Key', KEY, 'Sec-WebSocket-Version', '13');

  it('lists the required fields, and nothing that was not asked for', () => {
    expect(list()).to.deep.equal(required);
    expect(
      list({ protocols: [], extensions: '', headers: {}, origin: undefined, auth: undefined }),
    ).to.deep.equal(required);
  });

  it('lists the optional fields, then the caller’s', () => {
    const more = {
      protocols: ['chat', 'superchat'],
      extensions: 'permessage-deflate',
      origin: 'http://example.com',
      auth: 'me:s\u00e9cret',
      headers: { Cookie: ['a=1', 'b=2'], 'X-Number': 7 },
    };
    expect(list(more)).to.deep.equal([
      ...required,
      ...['Sec-WebSocket-Protocol', 'chat, superchat', 'Sec-WebSocket-Extensions', 'permessage-deflate'],
      ...['Origin', 'http://example.com', 'Authorization', 'Basic bWU6c8OpY3JldA=='],
      ...['Cookie', 'a=1', 'Cookie', 'b=2', 'X-Number', '7'],
    ]);
  });

  describe("the caller's fields", () => {
    it('may set Host once, in any letter case, in its place', () => {
      for (const name of ['Host', 'host', 'HOST']) {
        expect(list({ headers: { [name]: 'virtual.example' } })).to.deep.equal([
          'Host',
          'virtual.example',
          ...required.slice(2),
        ]);
      }
    });

    it('may set Origin or Authorization where no option does', () => {
      expect(list({ headers: { origin: 'http://a' } })).to.deep.equal([...required, 'origin', 'http://a']);
      expect(list({ headers: { authorization: 'Bearer x' } })).to.deep.equal([
        ...required,
        'authorization',
        'Bearer x',
      ]);
    });

    const refused: readonly (readonly [fields: object, message: RegExp])[] = [
      [{ headers: { Upgrade: 'h2c' } }, /"Upgrade"; the handshake sets it$/],
      [{ headers: { upgrade: 'websocket' } }, /"upgrade"; the handshake sets it$/],
      [{ headers: { CONNECTION: 'close' } }, /"CONNECTION"; the handshake sets it$/],
      [{ headers: { 'Sec-WebSocket-Key': KEY } }, /the handshake sets it$/],
      [{ headers: { 'sec-websocket-version': 13 } }, /the handshake sets it$/],
      [{ headers: { 'Sec-WebSocket-Accept': ACCEPT } }, /the handshake sets it$/],
      [{ headers: { 'Sec-WebSocket-Whatever': 'a' } }, /the handshake sets it$/],
      [{ headers: { 'Sec-WebSocket-Protocol': 'chat' } }, /use the option protocol$/],
      [{ headers: { 'sEC-wEBSOCKET-pROTOCOL': 'chat' } }, /use the option protocol$/],
      [{ headers: { 'Sec-WebSocket-Extensions': 'a' } }, /extensions are offered by their own options$/],
      [{ headers: { 'Content-Length': 0 } }, /has no body$/],
      [{ headers: { 'Transfer-Encoding': 'chunked' } }, /has no body$/],
      [{ headers: { Expect: '100-continue' } }, /has no body$/],
      [{ headers: { Host: 'a', host: 'b' } }, /^headers: expected a field that is sent once, got "host"$/],
      [{ headers: { Host: ['a', 'b'] } }, /a field that is sent once, got "host"$/],
      [{ headers: { Origin: ['http://a', 'http://b'] } }, /a field that is sent once, got "origin"$/],
      [
        { headers: { Authorization: 'a', authorization: 'a' } },
        /a field that is sent once, got "authorization"$/,
      ],
      [{ headers: { Host: '' } }, /^headers\["Host"\]: expected a host/],
      [{ headers: { Host: 'a b' } }, /^headers\["Host"\]: expected a host/],
      [{ headers: { Host: 'a/b' } }, /^headers\["Host"\]: expected a host/],
      [
        { headers: { Origin: 'http://a' }, origin: 'http://a' },
        /^origin: expected an origin given once, .*also among the headers$/,
      ],
      [
        { headers: { Authorization: 'a' }, auth: 'a:b' },
        /^headers: expected credentials given once, got "Authorization".*auth has credentials too$/,
      ],
      [{ origin: 7 }, /^origin: expected a string of printable Latin-1 characters, got 7$/],
      [{ origin: null }, /^origin: expected a string/],
      [{ origin: 'http://a\r\nX: y' }, /^origin: expected a string/],
      [{ origin: 'http://a\0' }, /^origin: expected a string/],
      [{ origin: 'http://\u0101' }, /^origin: expected a string/],
      [{ authority: 'a\r\nX: y' }, /^url: expected a host/],
      [{ authority: '' }, /^url: expected a host/],
      [{ headers: { 'X-A': 'a\r\nX-B: b' } }, /^headers\["X-A"\]/],
      [{ headers: { 'X-A\r\nX-B': 'b' } }, /^headers: /],
      [{ headers: [['A', 'b']] }, /Object\.fromEntries/],
      [{ headers: 'A: b' }, /^headers: expected an object/],
    ];
    for (const [fields, message] of refused) {
      it(`cannot be ${JSON.stringify(fields)}`, () => {
        expect(() => list(fields)).to.throw(InvalidOptionError, message);
      });
    }
  });

  it('makes a request that the server side accepts', () => {
    const host = fc.constantFrom('h', 'h:1', '[::1]:8080', 'a.example');
    const protocols = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9.+-]+$/), { maxLength: 4 });
    const headers = fc.dictionary(fc.stringMatching(/^X-[a-z]{1,8}$/), fc.stringMatching(/^[!-~ ]*$/));
    fc.assert(
      fc.property(host, protocols, headers, (authority, offered, added) => {
        const key = generateKey();
        const rawHeaders = requestHeaders({ authority, key, protocols: offered, headers: added });
        const decision = examineRequest({ method: 'GET', httpVersion: '1.1', url: '/', rawHeaders });
        expect(decision).to.deep.include({ ok: true, key, host: authority, protocols: offered });
      }),
    );
  });
});

describe('examineResponse (RFC 6455 §4.1)', () => {
  const FIELDS: readonly Field[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', ACCEPT],
  ];
  const without = (name: string) => FIELDS.filter((field) => field[0].toLowerCase() !== name.toLowerCase());
  const having = (name: string, ...values: readonly string[]): readonly Field[] => [
    ...without(name),
    ...values.map((value): Field => [name, value]),
  ];
  const examine = (fields: readonly Field[] = FIELDS, more: object = {}) =>
    examineResponse({ statusCode: 101, rawHeaders: fields.flat(), key: KEY, ...more });
  const protocol = 'Sec-WebSocket-Protocol';
  const extensions = 'Sec-WebSocket-Extensions';

  function expectFailed(message: RegExp, fields: readonly Field[], more?: object) {
    try {
      examine(fields, more);
    } catch (error) {
      expect(error).to.be.an.instanceOf(HandshakeError);
      expect(error).to.include({ stage: 'validate', code: 'ERR_WS_HANDSHAKE_VALIDATE' });
      expect((error as Error).message).to.match(message);
      return error as HandshakeError;
    }
    return expect.fail('accepted');
  }

  it('accepts the example', () => {
    expect(examine()).to.deep.equal({ protocol: '', extensions: '', deflate: undefined });
  });

  it('accepts what our own server side answers', () => {
    const [, ...lines] = acceptResponse({ key: KEY, protocol: 'chat', headers: { A: 'b' } })
      .trim()
      .split('\r\n');
    const fields = lines.map((line) => line.split(': ') as unknown as Field);
    expect(examine(fields, { protocols: ['chat'] })).to.deep.equal({
      protocol: 'chat',
      extensions: '',
      deflate: undefined,
    });
  });

  describe('every field in odd case, order and white space', () => {
    for (const [name, value] of FIELDS) {
      for (const odd of [
        name.toLowerCase(),
        name.toUpperCase(),
        name.replace(/^./, (first) => first.toLowerCase()),
      ]) {
        it(`accepts ${odd}`, () => {
          examine([...without(name), [odd, value]]);
          examine([[odd, `\t ${value} \t`], ...without(name)]);
        });
      }
    }
  });

  const accepted: readonly (readonly [fields: readonly Field[], more?: object, chosen?: string])[] = [
    [having('Upgrade', 'WebSocket')],
    [having('Upgrade', 'WEBSOCKET')],
    [having('Upgrade', 'websocket', '')],
    [having('Connection', 'upgrade')],
    [having('Connection', 'UPGRADE')],
    [having('Connection', 'keep-alive, Upgrade')],
    [having('Connection', 'keep-alive', 'upgrade')],
    [having('Connection', 'Upgrade', 'Upgrade')],
    [having('__proto__', 'x')],
    [having('constructor', 'x')],
    [having('X', 'a', 'b')],
    // The server chose one, or none, which it may.
    [having(protocol, 'chat'), { protocols: ['chat'] }, 'chat'],
    [having(protocol, ' chat '), { protocols: ['superchat', 'chat'] }, 'chat'],
    [having(protocol, 'constructor'), { protocols: ['constructor'] }, 'constructor'],
    [FIELDS, { protocols: ['chat'] }],
    // An empty field names none.
    [having(protocol, '')],
    [having(protocol, ' \t')],
    [having(protocol, ''), { protocols: ['chat'] }],
    [having(extensions, '')],
    [having(extensions, '', ' ')],
  ];
  for (const [fields, more, chosen = ''] of accepted) {
    it(`accepts ${JSON.stringify(fields)} with ${JSON.stringify(more ?? {})}`, () => {
      expect(examine(fields, more)).to.deep.equal({ protocol: chosen, extensions: '', deflate: undefined });
    });
  }

  const deflate: DeflateWishes = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const failing: readonly (readonly [message: RegExp, fields: readonly Field[], more?: object])[] = [
    ...[200, 100, 102, 204, 301, 302, 400, 401, 403, 404, 426, 500, 503, 0].map(
      (statusCode) =>
        [new RegExp(`status ${String(statusCode)} in place of 101`), FIELDS, { statusCode }] as const,
    ),
    [/status undefined in place of 101/, FIELDS, { statusCode: undefined }],
    [/Upgrade is not websocket/, without('Upgrade')],
    [/Upgrade is not websocket/, having('Upgrade', '')],
    [/Upgrade is not websocket/, having('Upgrade', 'websockets')],
    [/Upgrade is not websocket/, having('Upgrade', 'xwebsocket')],
    [/Upgrade is not websocket/, having('Upgrade', 'h2c')],
    [/Upgrade is not websocket/, having('Upgrade', 'websocket/13')],
    [/Upgrade is not websocket/, having('Upgrade', 'websocket, h2c')],
    [/Upgrade is not websocket/, having('Upgrade', 'h2c', 'websocket')],
    [/Upgrade is not websocket/, having('Upgrade', 'websocket', 'websocket')],
    [/Upgrade is not websocket/, having('Upgrade', 'web socket')],
    [/Upgrade is not websocket/, having('Upgrade', 'webso\u212aet')],
    [/Connection does not name Upgrade/, without('Connection')],
    [/Connection does not name Upgrade/, having('Connection', '')],
    [/Connection does not name Upgrade/, having('Connection', 'keep-alive')],
    [/Connection does not name Upgrade/, having('Connection', 'close')],
    [/Connection does not name Upgrade/, having('Connection', 'upgraded')],
    [/Connection does not name Upgrade/, having('Connection', 'keep-alive upgrade')],
    [/Connection does not name Upgrade/, having('Connection', '"upgrade"')],
    [/has no Sec-WebSocket-Accept/, without('Sec-WebSocket-Accept')],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', '')],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', KEY)],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', acceptKey(generateKey()))],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', ACCEPT.slice(0, -1))],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', `${ACCEPT}=`)],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', ACCEPT.toLowerCase())],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', `${ACCEPT}, ${ACCEPT}`)],
    [/Sec-WebSocket-Accept does not answer/, having('Sec-WebSocket-Accept', `"${ACCEPT}"`)],
    [/Sec-WebSocket-Accept is doubled/, having('Sec-WebSocket-Accept', ACCEPT, ACCEPT)],
    [/Sec-WebSocket-Accept is doubled/, having('Sec-WebSocket-Accept', ACCEPT, '')],
    [/Sec-WebSocket-Accept is doubled/, having('Sec-WebSocket-Accept', 'x', ACCEPT)],
    [/subprotocol that was not offered/, having(protocol, 'chat')],
    [/subprotocol that was not offered/, having(protocol, 'constructor')],
    [/subprotocol that was not offered/, having(protocol, 'other'), { protocols: ['chat'] }],
    [/subprotocol that was not offered/, having(protocol, 'Chat'), { protocols: ['chat'] }],
    [/subprotocol that was not offered/, having(protocol, 'chat, chat2'), { protocols: ['chat', 'chat2'] }],
    [/subprotocol that was not offered/, having(protocol, 'chat,'), { protocols: ['chat'] }],
    [/Sec-WebSocket-Protocol is doubled/, having(protocol, 'chat', 'chat'), { protocols: ['chat'] }],
    [/Sec-WebSocket-Protocol is doubled/, having(protocol, 'chat', ''), { protocols: ['chat'] }],
    [/Sec-WebSocket-Protocol is doubled/, having(protocol, '', '')],
    [/extension that was not offered/, having(extensions, 'permessage-deflate')],
    [/extension that was not offered/, having(extensions, '', 'permessage-deflate')],
    [/extension that was not offered/, having(extensions, 'constructor')],
    [/extension that was not offered/, having(extensions, '__proto__; a=b')],
    [/extension that was not offered/, having(extensions, 'permessage-deflate, b'), { deflate }],
    [/extension that was not offered/, having(extensions, 'permessage-deflate', 'b'), { deflate }],
    [/extension that was not offered/, having(extensions, 'Permessage-Deflate'), { deflate }],
    [
      /permessage-deflate is doubled/,
      having(extensions, 'permessage-deflate, permessage-deflate'),
      { deflate },
    ],
    [/permessage-deflate has parameters that/, having(extensions, 'permessage-deflate; a'), { deflate }],
    [/Extensions is malformed/, having(extensions, ','), { deflate }],
    [/Extensions is malformed/, having(extensions, 'a;'), { deflate }],
    [/Extensions is malformed/, having(extensions, 'a b'), { deflate }],
    [/Extensions is malformed/, having(extensions, 'a; b="\\'), { deflate }],
  ];
  for (const [message, fields, more] of failing) {
    it(`fails ${JSON.stringify(fields)} with ${JSON.stringify(more ?? {})}`, () => {
      expectFailed(message, fields, more);
    });
  }

  it('hands on what was agreed on about permessage-deflate, all fields combined', () => {
    const fields = having(extensions, '', 'permessage-deflate; server_max_window_bits=10');
    const agreement = examine(fields, { deflate });
    expect(agreement).to.deep.equal({
      protocol: '',
      extensions: 'permessage-deflate; server_max_window_bits=10',
      deflate: { ...deflate, serverMaxWindowBits: 10, clientMaxWindowBits: 15 },
    });
    expect(examine([...FIELDS], { deflate }).deflate).to.equal(undefined);
  });

  it('keeps the cause of a malformed field', () => {
    const error = expectFailed(/malformed/, having(extensions, 'a b'));
    expect(error.cause)
      .to.be.an.instanceOf(Error)
      .with.property('message')
      .that.matches(/offset 2/);
  });

  it('tells the status and the header fields in the error', () => {
    const error = expectFailed(/404/, [...FIELDS, ['Set-Cookie', 'a'], ['set-cookie', 'b']], {
      statusCode: 404,
    });
    expect(error.statusCode).to.equal(404);
    expect({ ...error.headers }).to.deep.equal({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': ACCEPT,
      'set-cookie': ['a', 'b'],
    });
  });

  it('answers any set of fields with an agreement or a HandshakeError', () => {
    const names = fc.constantFrom(
      'Upgrade',
      'Connection',
      'Sec-WebSocket-Accept',
      protocol,
      extensions,
      '__proto__',
    );
    const values = fc.constantFrom('', 'websocket', 'Upgrade', ACCEPT, 'chat', ',', 'a; b="\\', '\u00ff');
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), fc.boolean(), (extra, complete) => {
        try {
          examine(complete ? [...FIELDS, ...extra] : extra, { protocols: ['chat'] });
        } catch (error) {
          expect(error).to.be.an.instanceOf(HandshakeError);
        }
      }),
    );
  });
});
