import { expect } from 'chai';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { InvalidOptionError } from '../../lib/errors.js';
import { OriginPolicy } from '../../lib/handshake/origin.js';

const request = new IncomingMessage(new Socket());
const admits = (policy: OriginPolicy, origin: string | undefined, host = 'example.com') =>
  policy.examine(origin, host, request).ok;

describe('OriginPolicy', () => {
  describe('by default (RFC 6455 §10.2; H11)', () => {
    const table: readonly (readonly [origin: string | undefined, host: string, admitted: boolean])[] = [
      // No browser.
      [undefined, 'example.com', true],
      // The same host and port.
      ['http://example.com', 'example.com', true],
      ['https://example.com', 'example.com', true],
      ['http://example.com:8080', 'example.com:8080', true],
      ['https://example.com:8443', 'example.com:8443', true],
      ['http://[::1]:8080', '[::1]:8080', true],
      ['http://127.0.0.1:1', '127.0.0.1:1', true],
      ['ws://example.com', 'example.com', true],
      ['wss://example.com:444', 'example.com:444', true],
      ['http://example.com:443', 'example.com:443', true],
      // In another case.
      ['HTTP://Example.COM', 'example.com', true],
      ['http://example.com', 'EXAMPLE.com', true],
      // Default ports, written and left out.
      ['http://example.com:80', 'example.com', true],
      ['https://example.com:443', 'example.com', true],
      ['http://example.com', 'example.com:80', true],
      ['https://example.com', 'example.com:443', true],
      ['http://example.com', 'example.com:', true],
      ['http://example.com:', 'example.com', true],
      // TLS ends at a proxy before us.
      ['https://example.com', 'example.com:80', true],
      ['http://example.com', 'example.com:443', true],
      // Written by clients that are no browsers.
      ['http://example.com/', 'example.com', true],
      // Another port.
      ['http://example.com:8080', 'example.com', false],
      ['http://example.com', 'example.com:8080', false],
      ['http://example.com:8080', 'example.com:8081', false],
      ['http://example.com:443', 'example.com', false],
      ['https://example.com:80', 'example.com', false],
      ['https://example.com:80', 'example.com:443', false],
      ['http://example.com:0', 'example.com', false],
      // Another host, however alike.
      ['http://example.com.evil.net', 'example.com', false],
      ['http://evil-example.com', 'example.com', false],
      ['http://evilexample.com', 'example.com', false],
      ['http://sub.example.com', 'example.com', false],
      ['http://example.com', 'sub.example.com', false],
      ['http://example.co', 'example.com', false],
      ['http://example.com.', 'example.com', false],
      ['http://exampleXcom', 'example.com', false],
      ['http://localhost', '127.0.0.1', false],
      ['http://[::1]', '127.0.0.1', false],
      ['http://ex\u00e4mple.com', 'example.com', false],
      // Not an origin that has a host.
      ['null', 'example.com', false],
      ['null', 'null', false],
      ['', 'example.com', false],
      ['example.com', 'example.com', false],
      ['//example.com', 'example.com', false],
      ['://example.com', 'example.com', false],
      ['http:example.com', 'example.com', false],
      ['http:/example.com', 'example.com', false],
      ['1http://example.com', 'example.com', false],
      ['file://', 'example.com', false],
      ['file:///', 'example.com', false],
      ['app://example.com', 'example.com', false],
      ['http://evil.net@example.com', 'example.com', false],
      ['http://example.com@evil.net', 'example.com', false],
      ['http://example.com/path', 'example.com', false],
      ['http://example.com//', 'example.com', false],
      ['http://example.com?', 'example.com', false],
      ['http://example.com#', 'example.com', false],
      ['http://example.com\\', 'example.com', false],
      ['http://evil.net http://example.com', 'example.com', false],
      ['http://example.com http://evil.net', 'example.com', false],
      ['http://example.com, http://evil.net', 'example.com', false],
      ['http://evil.net/?http://example.com', 'example.com', false],
      ['javascript://example.com', 'example.com', false],
      // Names of the prototype.
      ['constructor://example.com', 'example.com', false],
      ['__proto__', '__proto__', false],
      // A Host that is none.
      ['http://example.com', '', false],
      ['http://example.com', 'example.com, evil.net', false],
    ];
    for (const [origin, host, admitted] of table) {
      it(`${admitted ? 'admits' : 'refuses'} Origin ${origin ?? '(absent)'} at Host ${host}`, () => {
        expect(admits(new OriginPolicy(), origin, host)).to.equal(admitted);
      });
    }

    it('answers 403, naming both values and the option', () => {
      expect(new OriginPolicy().examine('http://evil.net', 'example.com:8080', request)).to.deep.equal({
        ok: false,
        status: 403,
        reason:
          'Origin "http://evil.net" does not match Host "example.com:8080"; see the server\'s option origins',
        body: 'Origin "http://evil.net" does not match Host "example.com:8080"; see the server\'s option origins\n',
      });
    });

    it('quotes and shortens what the peer sent', () => {
      const refusal = new OriginPolicy().examine(`a"\r\n${'x'.repeat(70_000)}`, 'example.com', request);
      expect(refusal.ok).to.equal(false);
      expect(refusal.ok ? '' : refusal.reason)
        .to.match(/^Origin "a\\"\\r\\nx+…" does not match/)
        .and.have.length.below(400);
    });

    it('shows 200 characters whole, and no more', () => {
      const shown = (origin: string) => JSON.stringify(new OriginPolicy().examine(origin, 'h', request));
      expect(shown('x'.repeat(200))).to.match(/ \\"x{200}\\" /);
      expect(shown('x'.repeat(201))).to.match(/ \\"x{200}…\\" /);
    });

    it('takes time linear in the Origin (H2)', () => {
      for (const origin of [
        `http://${'a'.repeat(1 << 22)}/x`,
        'a'.repeat(1 << 22),
        `${'a'.repeat(1 << 22)}://x`,
      ]) {
        expect(admits(new OriginPolicy(), origin)).to.equal(false);
      }
    });
  });

  describe('by the option', () => {
    const table: readonly (readonly [option: unknown, origin: string | undefined, admitted: boolean])[] = [
      ['*', 'https://evil.net', true],
      ['*', 'null', true],
      ['*', 'no origin at all', true],
      ['*', undefined, true],
      ['https://app.example', 'https://app.example', true],
      ['https://app.example', 'HTTPS://APP.example', true],
      ['https://app.example', 'https://app.example:443', true],
      ['https://app.example:443/', 'https://app.example', true],
      ['https://app.example', undefined, true],
      ['https://app.example', 'http://app.example', false],
      ['https://app.example', 'https://app.example:444', false],
      ['https://app.example:444', 'http://app.example:444', false],
      ['https://app.example', 'https://app.example.evil.net', false],
      ['https://app.example', 'https://xapp.example', false],
      ['https://app.example', 'null', false],
      // It replaces the default rule, so that a rebound name does not pass by it.
      ['https://app.example', 'http://example.com', false],
      ['null', 'null', true],
      ['null', 'https://app.example', false],
      ['app://local', 'app://local', true],
      ['app://local', 'app://local:80', false],
      [/https:\/\/[a-z]+\.example/, 'https://app.example', true],
      [/https:\/\/[a-z]+\.example/, 'https://app.example.evil.net', false],
      [/https:\/\/[a-z]+\.example/, 'https://evil.net/https://app.example', false],
      [/https:\/\/app\.example|null/, 'null', true],
      [/https:\/\/app\.example|null/, 'https://app.examplenull', false],
      [/a|https:\/\/app\.example/, 'https://app.example', true],
      [/HTTPS:\/\/APP\.EXAMPLE/i, 'https://app.example', true],
      [/https:\/\/app\.example/, undefined, true],
      [['https://a.example', /https:\/\/b\.example/], 'https://a.example', true],
      [['https://a.example', /https:\/\/b\.example/], 'https://b.example', true],
      [['https://a.example', /https:\/\/b\.example/], 'https://c.example', false],
      [['https://a.example', '*'], 'https://c.example', true],
      [[], 'http://example.com', false],
      [[], undefined, true],
      [() => true, 'https://evil.net', true],
      [() => true, undefined, true],
      [() => false, 'http://example.com', false],
      [() => false, undefined, false],
      [() => undefined, 'http://example.com', false],
    ];
    for (const [option, origin, admitted] of table) {
      const shown = Array.isArray(option) ? `[${option.map(String).join(' ')}]` : String(option);
      it(`${admitted ? 'admits' : 'refuses'} Origin ${origin ?? '(absent)'} with ${shown}`, () => {
        expect(admits(new OriginPolicy(option), origin)).to.equal(admitted);
      });
    }

    it('is not led astray by the position a global or sticky RegExp remembers', () => {
      for (const pattern of [/https:\/\/app\.example/g, /https:\/\/app\.example/y]) {
        const policy = new OriginPolicy(pattern);
        expect([1, 2, 3].map(() => admits(policy, 'https://app.example'))).to.deep.equal([true, true, true]);
      }
    });

    it('hands the function the origin and the request', () => {
      const seen: unknown[] = [];
      new OriginPolicy((...args: unknown[]) => seen.push(...args)).examine('http://a', 'b', request);
      expect(seen[0]).to.equal('http://a');
      expect(seen[1]).to.equal(request);
      expect(seen).to.have.lengthOf(2);
    });

    it('lets what the function throws through', () => {
      const policy = new OriginPolicy(() => {
        throw new RangeError('no');
      });
      expect(() => policy.examine('http://a', 'b', request)).to.throw(RangeError, 'no');
    });

    it('refuses a promise for an answer, and handles its rejection', async () => {
      const unhandled: unknown[] = [];
      const processOnUnhandledRejection = (reason: unknown) => unhandled.push(reason);
      process.on('unhandledRejection', processOnUnhandledRejection);
      const policy = new OriginPolicy(() => Promise.reject(new Error('late')));
      expect(() => policy.examine('http://a', 'b', request)).to.throw(
        InvalidOptionError,
        /^origins: expected a function that answers at once, got an object; use authorize/,
      );
      // An unhandled rejection would be reported before the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', processOnUnhandledRejection);
      expect(unhandled).to.deep.equal([]);
    });

    it('says that the origin is not admitted, and by which option', () => {
      const byList = new OriginPolicy('https://a', 'allowed').examine('http://b', 'c', request);
      expect(byList).to.include({
        status: 403,
        reason: 'Origin "http://b" is not admitted to Host "c"; see the server\'s option allowed',
      });
      const byFunction = new OriginPolicy(() => false).examine(undefined, 'c', request);
      expect(byFunction).to.include({
        status: 403,
        reason: 'a request without Origin is not admitted to Host "c"; see the server\'s option origins',
      });
    });

    const invalid: readonly unknown[] = [
      null,
      true,
      7,
      {},
      '',
      'example.com',
      '//example.com',
      'https://',
      'a b://example.com',
      'b+\u00e4://example.com',
      '1a://example.com',
      '://example.com',
      'https://*.example.com',
      'https://example.com/path',
      'https://a, https://b',
      ['https://a', null],
      [['https://a']],
      new URL('https://example.com'),
    ];
    for (const option of invalid) {
      it(`cannot be ${JSON.stringify(option)}`, () => {
        expect(() => new OriginPolicy(option)).to.throw(
          InvalidOptionError,
          /^origins: expected '\*', an origin such as/,
        );
      });
    }

    it('hints at the scheme where a bare host was written', () => {
      expect(() => new OriginPolicy('example.com')).to.throw(InvalidOptionError, /write the scheme/);
      expect(() => new OriginPolicy(7)).to.throw(InvalidOptionError, /got 7$/);
    });
  });
});
