import { expect } from 'chai';
import fc from 'fast-check';
import { parseRequestTarget } from '../../lib/handshake/request-target.js';

describe('parseRequestTarget (RFC 7230 §5.3)', () => {
  const table: readonly (readonly [target: string, path?: string, query?: string, authority?: string])[] = [
    // origin-form
    ['/', '/', ''],
    ['/chat', '/chat', ''],
    ['/chat?', '/chat', ''],
    ['/chat?a=b?c', '/chat', 'a=b?c'],
    ['/?', '/', ''],
    ['//chat', '//chat', ''],
    ['//evil.example/chat', '//evil.example/chat', ''],
    ['/a/../b', '/a/../b', ''],
    ['/%2e%2E/%00%zz', '/%2e%2E/%00%zz', ''],
    ['/caf\u00c3\u00a9', '/caf\u00c3\u00a9', ''],
    ['/a?http://b/c', '/a', 'http://b/c'],
    // absolute-form
    ['ws://h', '/', '', 'h'],
    ['ws://h/', '/', '', 'h'],
    ['ws://h/chat', '/chat', '', 'h'],
    ['wss://h:1/chat?q', '/chat', 'q', 'h:1'],
    ['http://h/chat', '/chat', '', 'h'],
    ['https://[::1]:8/chat', '/chat', '', '[::1]:8'],
    ['HTTP://H/Chat', '/Chat', '', 'H'],
    ['ws://h?q', '/', 'q', 'h'],
    // neither
    [''],
    ['*'],
    ['chat'],
    ['h:80'],
    ['?q'],
    ['ftp://h/chat'],
    ['ws:/h'],
    ['ws:///chat'],
    ['ws://?q'],
    ['ws://user@h/chat'],
    ['ws://a,b/chat'],
    ['ws://h:99999/'],
    ['httpx://h/'],
    // octets that do not belong
    ['/#'],
    ['/chat#a'],
    ['ws://h/#'],
    ['/a b'],
    ['/a\tb'],
    ['/a\r\nb'],
    ['/a\n'],
    ['/\0'],
    ['/\x7f'],
    ['/\u0100'],
  ];
  for (const [target, path, query, authority] of table) {
    it(`reads ${JSON.stringify(target)} as ${path === undefined ? 'neither form' : `${path} and "${query!}"`}`, () => {
      expect(parseRequestTarget(target)).to.deep.equal(
        path === undefined ? undefined : { path, query, authority },
      );
    });
  }

  it('splits any origin-form so that it can be put together again', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '/', '?', '%', ':', '@', '.') });
    fc.assert(
      fc.property(text, (rest) => {
        const parsed = parseRequestTarget(`/${rest}`)!;
        expect(parsed.path).not.to.include('?');
        expect(`${parsed.path}${rest.includes('?') ? '?' : ''}${parsed.query}`).to.equal(`/${rest}`);
      }),
    );
  });
});
