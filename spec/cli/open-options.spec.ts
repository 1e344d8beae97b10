import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { CommandLine, UsageError } from '../../lib/cli/command-line.js';
import { OPEN_COMMAND, readOpenOptions, type OpenOptions } from '../../lib/cli/open-options.js';

function read(...args: string[]): OpenOptions {
  return readOpenOptions(new CommandLine(OPEN_COMMAND, args));
}

describe('readOpenOptions', () => {
  it('has defaults for everything but the URL', () => {
    expect(read('ws://127.0.0.1/')).to.deep.equal({
      url: new URL('ws://127.0.0.1/'),
      headers: {},
      origin: undefined,
      protocol: [],
      binary: false,
      insecure: false,
      ca: undefined,
      keepalive: 0,
      timeoutMs: 10_000,
      waitMs: 0,
      verbose: false,
    });
  });

  it('collects the values of a header field, whatever its case, and the origin', () => {
    const { headers, origin } = read(
      ...['-H', 'X-Ship:  Vega ', '-H', 'x-ship:Lyra', '-H', 'Empty:', '-H', '__proto__: x'],
      ...['-H', 'origin: https://a.example', 'ws://a/'],
    );
    expect(Object.entries(headers)).to.deep.equal([
      ['X-Ship', ['Vega', 'Lyra']],
      ['Empty', ''],
      ['__proto__', 'x'],
    ]);
    expect(origin).to.equal('https://a.example');
  });

  it('reads subprotocols from repeated options and from lists', () => {
    expect(read('-p', 'a, b', '--protocol', 'c', 'ws://a/').protocol).to.deep.equal(['a', 'b', 'c']);
  });

  it('reads times in seconds', () => {
    const { keepalive, timeoutMs, waitMs } = read('--ping', '2.5', '-t', '0.25', '-w', '1.5', 'ws://a/');
    expect({ keepalive, timeoutMs, waitMs }).to.deep.equal({ keepalive: 2.5, timeoutMs: 250, waitMs: 1_500 });
    expect(read('--wait', 'inf', 'ws://a/').waitMs).to.equal(Infinity);
  });

  it('reads the flags, and the certificates of a file', () => {
    const file = fileURLToPath(new URL('certificates/localhost.cert.pem', import.meta.url));
    const { binary, insecure, verbose, ca } = read('-bkv', '--ca', file, 'WSS://a/');
    expect({ binary, insecure, verbose }).to.deep.equal({ binary: true, insecure: true, verbose: true });
    expect(ca?.toString()).to.contain('BEGIN CERTIFICATE');
  });

  const complaints: [args: string[], message: string][] = [
    [[], 'the URL is missing'],
    [['ws://a/', 'ws://b/'], 'one URL is enough, got "ws://b/" too'],
    [['localhost:8080/echo'], '"localhost:8080/echo" is no URL; did you mean ws://localhost:8080/echo?'],
    [['//localhost/echo'], 'did you mean ws://localhost/echo?'],
    [['http://a/'], 'did you mean ws://a/?'],
    [['https://a/'], 'did you mean wss://a/?'],
    [['ftp://a/'], 'wanted ws: or wss:'],
    [['ws://'], 'no valid URL'],
    [['ws://a/#top'], 'no fragment'],
    [['ws://a/#'], 'no fragment'],
    [['-H', 'no colon', 'ws://a/'], '--header needs \'Name: value\', got "no colon"'],
    [['-H', 'a b: c', 'ws://a/'], "--header needs 'Name: value'"],
    [['-H', 'a: b\nc: d', 'ws://a/'], "--header needs 'Name: value'"],
    [['-H', 'sec-websocket-protocol: a', 'ws://a/'], 'subprotocols are offered with --protocol'],
    [['-p', 'a,,b', 'ws://a/'], '--protocol needs a name, got "a,,b"'],
    [['--ping', '-1', 'ws://a/'], '--ping needs seconds from 0'],
    [['--ping', 'often', 'ws://a/'], '--ping needs seconds from 0'],
    [['--timeout', '0', 'ws://a/'], '--timeout needs seconds above 0'],
    [['--timeout', '9999999999', 'ws://a/'], '--timeout needs seconds above 0, up to'],
    [['--wait', 'long', 'ws://a/'], 'or "inf"'],
    [['--ca', '/no/such/file.pem', 'wss://a/'], '--ca: ENOENT'],
  ];
  for (const [args, message] of complaints) {
    it(`refuses ${JSON.stringify(args.join(' '))}`, () => {
      expect(() => read(...args)).to.throw(UsageError, message);
    });
  }
});
