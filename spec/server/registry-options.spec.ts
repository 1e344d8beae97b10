import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { listenSettings, registrySettings } from '../../lib/server/registry-options.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';

describe('RegistryOptions', () => {
  it('has the defaults of docs/limits.md', () => {
    const settings = registrySettings({});
    expect(settings.handshakeTimeoutMs).to.equal(10_000);
    expect(settings.maxConnections).to.equal(Infinity);
    expect(settings.maxConnectionsPerAddress).to.equal(Infinity);
    expect(settings.maxWaitingSockets).to.equal(10_000);
    expect(settings.clientAddress).to.be.undefined;
    expect(settings.maxPendingHandshakes).to.equal(1_000);
    expect(settings.maxHeaderFields).to.equal(200);
    expect(settings.authorize).to.be.undefined;
    expect(settings.connection.maxMessageBytes).to.equal(16 * 1024 * 1024);
  });

  const wrong: readonly [RegExp, unknown][] = [
    [/^RegistryOptions: expected an object, got null$/, null],
    [/^RegistryOptions: expected an object, got 8080$/, 8080],
    [/^RegistryOptions/, 'chat'],
    [/^authorize/, { authorize: true }],
    [/^origins/, { origins: 5 }],
    [
      /^origins: expected '\*', an origin, a RegExp, an array of these, or a function, got/,
      { origins: null },
    ],
    [/^origins/, { origins: 'example.org' }],
    [/^origins/, { origins: ['https://a', 5] }],
    [/^selectProtocol/, { selectProtocol: 'chat' }],
    [/^lookupPeerName/, { lookupPeerName: 'x' }],
    [/^handshakeTimeoutMs/, { handshakeTimeoutMs: 0 }],
    [/^handshakeTimeoutMs/, { handshakeTimeoutMs: Infinity }],
    [/^handshakeTimeoutMs/, { handshakeTimeoutMs: 2 ** 31 }],
    [/^handshakeTimeoutMs/, { handshakeTimeoutMs: '10s' }],
    [/^maxConnections/, { maxConnections: -1 }],
    [/^maxConnections/, { maxConnections: 1.5 }],
    [
      /^maxConnectionsPerAddress: expected an integer of at least 1 or Infinity, got 0$/,
      { maxConnectionsPerAddress: 0 },
    ],
    [/^maxConnectionsPerAddress: .* got "5"$/, { maxConnectionsPerAddress: '5' }],
    [/^clientAddress: expected a function, got "x-real-ip"$/, { clientAddress: 'x-real-ip' }],
    [/^maxWaitingSockets: expected an integer of at least 1 or Infinity, got 0$/, { maxWaitingSockets: 0 }],
    [/^maxPendingHandshakes/, { maxPendingHandshakes: NaN }],
    [/^maxHeaderFields/, { maxHeaderFields: 0 }],
    [/^handler/, { handler: {} }],
    [/^keepalive/, { keepalive: NaN }],
    [/^maxMessageBytes/, { maxMessageBytes: -1 }],
    [/^keepaliv\b.*did you mean keepalive\?/, { keepaliv: 5 }],
    [/^authorise\b.*did you mean authorize\?/, { authorise: () => true }],
    [
      /^port: expected nothing \(RegistryOptions has no such option\), got 8080; to listen: ServerRegistry\.listen\({ port }\)/,
      { port: 8080 },
    ],
    [/^tls\b.*ServerRegistry\.listen/, { tls: {} }],
  ];
  for (const [message, options] of wrong) {
    it(`throws for ${JSON.stringify(options)} ${message.source}`, () => {
      expect(() => registrySettings(options as never)).to.throw(InvalidOptionError, message);
      expect(() => new ServerRegistry(options as never)).to.throw(InvalidOptionError, message);
    });
  }

  it('is divided into what net, tls and the registry read', () => {
    const tls = { key: 'k' };
    expect(
      listenSettings({ port: 0, host: '::1', backlog: 5, tls, keepalive: 3, maxConnections: 9 }),
    ).to.deep.equal({
      net: { port: 0, host: '::1', backlog: 5 },
      tls,
      registry: { keepalive: 3, maxConnections: 9 },
    });
  });
});
