import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Program } from './program.js';

describe('hawser', function () {
  this.timeout(30_000);
  afterEach(() => Program.endAll());

  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };

  const answers: [args: string[], output: RegExp][] = [
    [['--help'], /^Usage: hawser <command> \[options\]\n[^]*^ {2}open [^]*^ {2}serve /m],
    [['help'], /^Usage: hawser <command>/],
    [['help', 'open'], /^Usage: hawser open \[options\] <url>\n[^]*--header[^]*Exit status:/],
    [['open', '--help'], /^Usage: hawser open /],
    [['serve', '-h'], /^Usage: hawser serve \[options\]\n[^]*--port <number>/],
    [['--version'], new RegExp(`^${version.replaceAll('.', '\\.')}\\n$`)],
    [['open', '-V'], new RegExp(`^${version.replaceAll('.', '\\.')}\\n$`)],
  ];
  for (const [args, output] of answers) {
    it(`answers ${args.join(' ')} on standard output`, async () => {
      const { status, stdout, stderr } = await new Program(...args).feed();
      expect(stdout).to.match(output);
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
    });
  }

  const complaints: [args: string[], message: string][] = [
    [[], 'Usage: hawser <command> [options]'],
    [['opne'], 'unknown command "opne"; did you mean open?'],
    [['sink'], 'unknown command "sink"'],
    [['ws://127.0.0.1/'], 'did you mean hawser open ws://127.0.0.1/?'],
    [['--port', '1'], 'unknown option --port; options follow the command'],
    [['help', 'opne'], 'unknown command "opne"; did you mean open?'],
    [['open'], 'the URL is missing'],
    [['open', 'localhost:8080/echo'], 'did you mean ws://localhost:8080/echo?'],
    [['open', '--heder', 'a: b', 'ws://a/'], 'unknown option --heder; did you mean --header?'],
    [['open', '--header', 'Sec-WebSocket-Key: a', 'ws://a/'], 'sec-websocket-key'],
    [['open', '--protocol', 'a b', 'ws://a/'], 'a b'],
    [['serve', '--port', '65536'], '--port needs a number from 0 to 65535, got "65536"'],
    [['serve', '--port', '80.5'], '--port needs a number from 0 to 65535'],
    [['serve', 'here'], 'serve takes no argument, got "here"'],
  ];
  for (const [args, message] of complaints) {
    it(`exits with 2 on ${JSON.stringify(args.join(' '))}`, async () => {
      const { status, stdout, stderr } = await new Program(...args).feed();
      expect(stderr.toLowerCase()).to.contain(message.toLowerCase());
      if (args.length > 0) expect(stderr).to.match(/Try 'hawser help( open| serve)?'\.\n$/);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }
});
