import { expect } from 'chai';
import { Agent as HttpAgent } from 'node:http';
import { clientSettings } from '../../lib/client/client-options.js';
import { WebSocketClient } from '../../lib/client/websocket-client.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { parseWebSocketUrl } from '../../lib/handshake/websocket-url.js';
import { turn } from '../turns.js';
import { Dialling } from './dialling.js';

const url = parseWebSocketUrl('ws://localhost/');

describe('ClientOptions', () => {
  const dialling = new Dialling();

  it('has the defaults of docs/limits.md', () => {
    const { opening, connection, transport, proxy } = clientSettings({}, url);
    expect(opening).to.include({
      timeout: 10_000,
      followRedirects: false,
      maxRedirects: 10,
      maxResponseHeaderBytes: 16 * 1024,
      maxResponseBodyBytes: 1024 * 1024,
    });
    expect(connection.keepalive).to.be.undefined;
    expect(transport).to.deep.equal({});
    expect(proxy).to.be.undefined;
  });

  it('is divided by who reads what', () => {
    const agent = new HttpAgent();
    const lookup = (): void => {};
    const { opening, connection, transport } = clientSettings(
      { timeout: 5, keepalive: 3, agent, lookup, family: undefined, servername: 'x' },
      url,
    );
    expect(opening.timeout).to.equal(5);
    expect(connection.keepalive).to.equal(3);
    expect(transport).to.deep.equal({ agent, lookup, servername: 'x' });
  });

  describe('what cannot be', () => {
    const wrong: readonly [RegExp, unknown][] = [
      [/^ClientOptions.*subprotocols go into the option protocol/, 'chat'],
      [/^ClientOptions.*subprotocols go into the option protocol/, ['chat']],
      [/^ClientOptions/, null],
      [/^ClientOptions/, 5],
      [/^protocol/, { protocol: 5 }],
      [/^protocol/, { protocol: 'a b' }],
      [/^protocol/, { protocol: ['a', 'a'] }],
      [/^protocol/, { protocol: ['a', ''] }],
      [/^headers/, { headers: 5 }],
      [/^headers/, { headers: new Map([['a', 'b']]) }],
      [/^headers/, { headers: { 'a b': 'c' } }],
      [/^headers/, { headers: { a: 'b\r\nc: d' } }],
      [/^headers/, { headers: { a: '\0' } }],
      [/^headers/, { headers: { Upgrade: 'x' } }],
      [/^headers/, { headers: { 'sec-websocket-KEY': 'x' } }],
      [/^headers.*use the option protocol/, { headers: { 'Sec-WebSocket-Protocol': 'x' } }],
      [/^headers/, { headers: { Authorization: 'x' }, auth: 'a:b' }],
      [/^origin/, { origin: 5 }],
      [/^origin/, { origin: 'a\nb' }],
      [/^origin/, { origin: 'http://a', headers: { ORIGIN: 'http://b' } }],
      [/^auth/, { auth: 5 }],
      [/^timeout/, { timeout: 0 }],
      [/^timeout/, { timeout: -1 }],
      [/^timeout/, { timeout: '5s' }],
      [/^timeout/, { timeout: Infinity }],
      [/^timeout/, { timeout: 2 ** 31 }],
      [/^timeout/, { timeout: null }],
      [/^signal/, { signal: {} }],
      [/^signal/, { signal: new AbortController() }],
      [/^followRedirects/, { followRedirects: 1 }],
      [/^maxRedirects/, { maxRedirects: -1 }],
      [/^maxResponseHeaderBytes/, { maxResponseHeaderBytes: 0 }],
      [/^maxResponseBodyBytes/, { maxResponseBodyBytes: -1 }],
      [/^proxy/, { proxy: 5 }],
      [/^handler/, { handler: 'x' }],
      [/^keepalive/, { keepalive: '5' }],
      [/^maxMessageBytes/, { maxMessageBytes: NaN }],
      [/^rejectUnauthorised\b.*did you mean rejectUnauthorized\?/, { rejectUnauthorised: false }],
      [/^timeoutMs\b.*did you mean timeout\?/, { timeoutMs: 5 }],
      [/^perMessageDeflate\b/, { perMessageDeflate: 1 }],
      [/^threshhold\b.*did you mean threshold\?/, { perMessageDeflate: { threshhold: 5 } }],
      [/^clientMaxWindowBits\b.*9 to 15/, { perMessageDeflate: { clientMaxWindowBits: 8 } }],
    ];
    for (const [message, options] of wrong) {
      it(`throws at the call for ${JSON.stringify(options)} ${message.source}, and dials nothing`, async () => {
        const server = await dialling.server(({ socket }) => void socket.destroy());
        let connections = 0;
        const lookup = (): void => void (connections += 1);
        const given = typeof options === 'object' && options !== null && !Array.isArray(options);
        const dial = (): unknown =>
          new WebSocketClient('ws://localhost/', (given ? { lookup, ...options } : options) as never);
        expect(dial).to.throw(InvalidOptionError, message);
        const opened = await WebSocketClient.open(server.url(), options as never).catch(
          (error: unknown) => error,
        );
        expect(opened).to.be.instanceOf(InvalidOptionError);
        await turn();
        expect([connections, server.sockets.size]).to.deep.equal([0, 0]);
      });
    }

    for (const bad of [
      undefined,
      5,
      '',
      'localhost:80',
      '//localhost/',
      '/path',
      'ftp://localhost/',
      'ws://localhost/#a',
      'ws://',
      {},
    ]) {
      it(`throws at the call for the URL ${JSON.stringify(bad)}`, async () => {
        expect(() => new WebSocketClient(bad as never)).to.throw(InvalidOptionError, /^url/);
        const opened = await WebSocketClient.open(bad as never).catch((error: unknown) => error);
        expect(opened).to.be.instanceOf(InvalidOptionError);
      });
    }

    const passedThrough: readonly [string, unknown][] = [
      ['agent', {}],
      ['agent', 'https'],
      ['agent', true],
      ['lookup', 5],
      ['family', 7],
      ['family', '4'],
      ['hints', -1],
      ['localAddress', 'here'],
      ['localAddress', 5],
      ['localPort', 70_000],
      ['socketPath', ''],
      ['autoSelectFamily', 1],
      ['autoSelectFamilyAttemptTimeout', 0],
      ['checkServerIdentity', true],
      ['pskCallback', 'x'],
      ['rejectUnauthorized', 'false'],
      ['rejectUnauthorized', 0],
      ['servername', 5],
    ];
    for (const [name, value] of passedThrough) {
      it(`throws at the call for ${name}: ${JSON.stringify(value)}`, () => {
        for (const target of ['ws://127.0.0.1/', 'wss://localhost/'])
          expect(() => new WebSocketClient(target, { [name]: value })).to.throw(
            InvalidOptionError,
            `${name}: `,
          );
      });
    }

    const judgedByNode: readonly [string, unknown][] = [
      ['ca', 5],
      ['cert', 'no certificate'],
      ['key', 'no key'],
      ['minVersion', 'TLSv0'],
      ['ciphers', 'none at all'],
      ['agent', new HttpAgent()],
    ];
    for (const [name, value] of judgedByNode) {
      it(`throws at the call what Node says of ${name}, and dials nothing`, async () => {
        const server = await dialling.server(({ socket }) => void socket.destroy());
        expect(() => new WebSocketClient(server.url().replace('ws:', 'wss:'), { [name]: value })).to.throw(
          Error,
        );
        await turn();
        expect(server.sockets.size).to.equal(0);
      });
    }
  });
});
