import { expect } from 'chai';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Connection } from '../../lib/index.js';
import { TerminalSession } from '../../lib/cli/terminal-session.js';
import { connectionPair } from './connection-pair.js';

describe('TerminalSession', () => {
  let keyboard: PassThrough;
  let screen: PassThrough;
  let shown: string;
  let here: Connection;
  let there: Connection;
  let end: () => Promise<void>;
  let session: TerminalSession;
  let ended: Promise<void>;

  beforeEach(() => start({ binary: false }));

  afterEach(async () => {
    await end();
    await ended;
    keyboard.destroy();
    screen.destroy();
  });

  function start(options: { binary: boolean }): void {
    ({ client: here, server: there, end } = connectionPair());
    keyboard = new PassThrough();
    screen = new PassThrough();
    shown = '';
    screen.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    session = new TerminalSession(here, keyboard, screen, options);
    ended = session.run();
  }

  /** Waits until the screen has shown a match. */
  async function see(pattern: RegExp): Promise<void> {
    while (!pattern.test(shown)) await once(screen, 'data');
  }

  it('prompts, and sends each line that is typed', async () => {
    await see(/> /);
    keyboard.write('ahoy\r');
    expect(await once(there, 'text')).to.deep.equal(['ahoy']);
  });

  it('sends lines as binary messages with --binary', async () => {
    await end();
    await ended;
    start({ binary: true });
    keyboard.write('ahoy\r');
    const [data] = (await once(there, 'binary')) as [Buffer];
    expect(data.toString('hex')).to.equal('61686f79');
  });

  it('prints messages, with control characters made harmless', async () => {
    there.send('text', 'clear \u001b[2J\nsky');
    await see(/< clear \\x1b\[2J\n {2}sky\n/);
  });

  it('prints binary messages in hex', async () => {
    there.send('binary', Buffer.from('00ff', 'hex'));
    await see(/< \[binary, 2 octets\] 00 ff\n/);
  });

  it('puts back what was being typed when a message comes', async () => {
    keyboard.write('half a li');
    await see(/half a li/);
    keyboard.write('\u001b[D\u001b[D');
    shown = '';
    there.send('text', 'interruption');
    await see(/< interruption\n[^]*half a li/);
    // One key after the other: readline takes a chunk of several for a paste.
    keyboard.write('X');
    await see(/half a Xli/);
    keyboard.write('\r');
    expect(await once(there, 'text')).to.deep.equal(['half a Xli']);
  });

  it('closes with 1000 at Ctrl-C, and ends', async () => {
    keyboard.write('\u0003');
    const [code] = (await once(there, 'close')) as [number];
    expect(code).to.equal(1000);
    await ended;
    expect(shown).to.contain('Ctrl-C again drops the connection');
  });

  it('drops the connection at a second Ctrl-C', async () => {
    there.pause();
    const closing = once(here, 'closing');
    keyboard.write('\u0003');
    await closing;
    keyboard.write('\u0003');
    await ended;
    expect(here.readyState).to.equal(3);
  });

  it('closes with 1000 at Ctrl-D', async () => {
    keyboard.write('\u0004');
    expect(((await once(there, 'close')) as [number])[0]).to.equal(1000);
  });

  it('closes with 1001 when the process is told to stop', async () => {
    session.stop('SIGTERM');
    expect(await once(there, 'close')).to.deep.equal([1001, 'Stopped by SIGTERM']);
  });
});
