import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { parseWebSocketUrl, type WebSocketUrl } from '../../lib/handshake/websocket-url.js';

describe('parseWebSocketUrl (RFC 6455 §3)', () => {
  const table: readonly (readonly [url: string, parsed: Partial<WebSocketUrl>])[] = [
    ['ws://h', { href: 'ws://h/', host: 'h', authority: 'h', path: '/', target: '/' }],
    ['ws://h/', { path: '/', target: '/' }],
    ['ws://H.Example/Chat', { href: 'ws://h.example/Chat', host: 'h.example', path: '/Chat' }],
    ['WS://h', { href: 'ws://h/' }],
    ['ws://h:80/', { port: 80, authority: 'h' }],
    ['ws://h:443/', { port: 443, authority: 'h:443' }],
    ['ws://h:8080/', { port: 8080, authority: 'h:8080' }],
    ['ws://h:0/', { port: 0, authority: 'h:0' }],
    ['wss://h', { href: 'wss://h/', secure: true, port: 443, authority: 'h' }],
    ['wss://h:443/', { secure: true, port: 443, authority: 'h' }],
    ['wss://h:80/', { secure: true, port: 80, authority: 'h:80' }],
    ['http://h/', { href: 'ws://h/', port: 80, authority: 'h' }],
    ['https://h/', { href: 'wss://h/', secure: true, port: 443, authority: 'h' }],
    ['https://h:444/', { href: 'wss://h:444/', secure: true, port: 444 }],
    ['ws://127.0.0.1:1', { host: '127.0.0.1', authority: '127.0.0.1:1' }],
    ['ws://[::1]:8080/x', { host: '::1', port: 8080, authority: '[::1]:8080' }],
    ['ws://[::1]/x', { host: '::1', authority: '[::1]' }],
    ['ws://b\u00fccher.example/', { host: 'xn--bcher-kva.example', authority: 'xn--bcher-kva.example' }],
    ['ws://h/a?b=c&d', { path: '/a', query: 'b=c&d', target: '/a?b=c&d' }],
    ['ws://h/a?', { path: '/a', query: '', target: '/a' }],
    ['ws://h?b', { path: '/', query: 'b', target: '/?b' }],
    ['ws://h/a?b?c', { query: 'b?c', target: '/a?b?c' }],
    ['ws://h/a/../b', { path: '/b' }],
    ['ws://h/a b\u00e9?\u00e9 ', { path: '/a%20b%C3%A9', query: '%C3%A9' }],
    ['ws://h/%23', { path: '/%23' }],
    ['ws://user:pass@h/', { href: 'ws://h/', auth: 'user:pass', authority: 'h' }],
    ['ws://user@h/', { auth: 'user:' }],
    ['ws://:pass@h/', { auth: ':pass' }],
    ['ws://u%40%3a:p%20%C3%A9@h/', { auth: 'u@::p \u00e9' }],
    ['wss://user:pass@h:8443/a?b', { href: 'wss://h:8443/a?b', secure: true, port: 8443, auth: 'user:pass' }],
  ];
  for (const [url, parsed] of table) {
    it(`reads ${JSON.stringify(url)}`, () => {
      expect(parseWebSocketUrl(url)).to.include(parsed);
    });
  }

  it('fills in every part', () => {
    expect(parseWebSocketUrl('ws://h')).to.deep.equal({
      href: 'ws://h/',
      secure: false,
      host: 'h',
      port: 80,
      socketPath: undefined,
      authority: 'h',
      target: '/',
      path: '/',
      query: '',
      auth: undefined,
    });
  });

  it('takes a URL object, and leaves it as it was', () => {
    const url = new URL('http://user:pass@h:8080/a?b');
    expect(parseWebSocketUrl(url)).to.include({ href: 'ws://h:8080/a?b', auth: 'user:pass', target: '/a?b' });
    expect(url.href).to.equal('http://user:pass@h:8080/a?b');
  });

  describe('Unix sockets', () => {
    const sockets: readonly (readonly [url: string, socketPath: string, target: string, secure?: boolean])[] =
      [
        ['ws+unix:/tmp/a.sock:/chat', '/tmp/a.sock', '/chat'],
        ['ws+unix:/tmp/a.sock:/chat?b=c', '/tmp/a.sock', '/chat?b=c'],
        ['ws+unix:/tmp/a.sock', '/tmp/a.sock', '/'],
        ['ws+unix:/tmp/a.sock?b', '/tmp/a.sock', '/?b'],
        ['ws+unix:///tmp/a.sock:/chat', '/tmp/a.sock', '/chat'],
        ['wss+unix:/tmp/a.sock:/chat', '/tmp/a.sock', '/chat', true],
        ['ws+unix:/tmp/a%20b%3Ac.sock:/', '/tmp/a b:c.sock', '/'],
        ['ws+unix:/tmp/a.sock:/with:colon', '/tmp/a.sock', '/with:colon'],
        ['ws+unix:./a.sock:/chat', './a.sock', '/chat'],
      ];
    for (const [url, socketPath, target, secure = false] of sockets) {
      it(`reads ${url}`, () => {
        const parsed = parseWebSocketUrl(url);
        expect(parsed).to.include({ socketPath, target, secure, host: 'localhost', authority: 'localhost' });
        expect(parsed.href).to.equal(url);
        expect(`${parsed.path}${parsed.query === '' ? '' : '?'}${parsed.query}`).to.equal(target);
      });
    }

    for (const url of [
      'ws+unix:',
      'ws+unix::/chat',
      'ws+unix://host/tmp/a.sock:/chat',
      'ws+unix:/tmp/a.sock:chat',
      'ws+unix:/tmp/a.sock:chat/room',
      'ws+unix:/tmp/a.sock:',
      'ws+unix:/tmp/a%00.sock:/chat',
      'ws+unix:./a.sock:/with space',
    ]) {
      it(`refuses ${url}, showing the form`, () => {
        expect(() => parseWebSocketUrl(url)).to.throw(
          InvalidOptionError,
          /ws\+unix:\/path\/to\.sock:\/request\/path$/,
        );
      });
    }
  });

  const refused: readonly (readonly [url: unknown, message: RegExp])[] = [
    [undefined, /^url: expected a ws:\/\/ or wss:\/\/ URL, got undefined$/],
    [null, /got null$/],
    [7, /got 7$/],
    [{}, /got an object$/],
    [{ href: 'ws://h/' }, /got an object$/],
    ['', /write it out/],
    ['h', /write it out/],
    ['/chat', /write it out/],
    ['//h/chat', /write it out/],
    ['ws://', /write it out/],
    ['ws://a b/', /write it out/],
    ['ws://h:99999/', /write it out/],
    ['ws://[::1/', /write it out/],
    ['localhost:8080', /its scheme is localhost:; write ws:\/\/ or wss:\/\//],
    ['ftp://h/', /its scheme is ftp:/],
    ['file:///tmp/x', /its scheme is file:/],
    ['javascript:alert(1)', /its scheme is javascript:/],
    ['constructor:x', /its scheme is constructor:/],
    ['unix:/tmp/a.sock', /its scheme is unix:/],
    ['ws://h/#a', /a fragment/],
    ['ws://h/#', /a fragment/],
    ['ws://h#', /a fragment/],
    ['wss://h/a?b#c', /a fragment/],
    ['ws+unix:/tmp/a.sock:/#', /a fragment/],
    [new URL('ws://h/#'), /a fragment/],
    [new URL('http://h/#a'), /a fragment/],
    [new URL('ftp://h/'), /its scheme is ftp:/],
    ['ws://h/a\r\nX: y', /control characters/],
    ['ws://h/a\tb', /control characters/],
    ['ws://h/a\n', /control characters/],
    ['\nws://h/a', /control characters/],
    ['ws://h/\0', /control characters/],
    ['ws://h/\x7f', /control characters/],
    ['ws://u%zz@h/', /a % that is no escape/],
    ['ws://u:%ff@h/', /a % that is no escape/],
    ['ws+unix:/tmp/%zz:/', /a % that is no escape/],
  ];
  for (const [url, message] of refused) {
    it(`refuses ${url instanceof URL ? `URL ${url.href}` : JSON.stringify(url)}`, () => {
      expect(() => parseWebSocketUrl(url)).to.throw(InvalidOptionError, message);
    });
  }

  it('keeps credentials out of the error', () => {
    for (const url of [
      'ws://me:secret@h/#',
      new URL('ws://me:secret@h/#'),
      'ftp://me:secret@h',
      'ws://me:sec@ret@h/#',
    ]) {
      expect(() => parseWebSocketUrl(url)).to.throw(
        InvalidOptionError,
        /^(?!.*(?:secret|sec@|ret@)).*\/\/…@h/,
      );
    }
  });

  it('names the argument it was given', () => {
    // Caught by hand: chai takes `throw undefined` for any error.
    let thrown: unknown;
    try {
      parseWebSocketUrl(7, 'location');
    } catch (error) {
      thrown = error;
    }
    expect(thrown)
      .to.be.an.instanceOf(InvalidOptionError)
      .and.have.property('message')
      .that.matches(/^location: /);
  });
});
