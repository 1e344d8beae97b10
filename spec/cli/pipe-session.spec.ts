import { expect } from 'chai';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { PipeSession, type PipeOptions } from '../../lib/cli/pipe-session.js';
import type { Connection } from '../../lib/index.js';
import { connectionPair } from './connection-pair.js';

/** Is an output whose reader takes nothing until it is told to. */
class SlowReader extends Writable {
  readonly #taken: Buffer[] = [];
  #isOpen = false;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 16 });
  }

  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }

  open(): void {
    this.#isOpen = true;
    this.#waiting?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const take = (): void => {
      this.#taken.push(chunk);
      callback();
    };
    if (this.#isOpen) take();
    else this.#waiting = take;
  }
}

describe('PipeSession', () => {
  let here: Connection;
  let there: Connection;
  let end: () => Promise<void>;
  let input: PassThrough;
  let output: SlowReader;
  let session: PipeSession;
  let ended: Promise<void>;

  function start(options: Partial<PipeOptions> = {}): void {
    ({ client: here, server: there, end } = connectionPair());
    input = new PassThrough();
    output = new SlowReader();
    session = new PipeSession(here, input, output, { binary: false, waitMs: 0, isShown: false, ...options });
    ended = session.run();
  }

  afterEach(async () => {
    output.open();
    await end();
    await ended;
  });

  it('sends lines, prints messages, closes with 1000', async () => {
    start();
    output.open();
    there.on('text', (text) => void there.send('text', `${text}!`));
    input.end('a\nb');
    expect(((await once(there, 'close')) as [number])[0]).to.equal(1000);
    await ended;
    expect(output.text).to.equal('a!\nb!\n');
    expect(session.failure).to.equal(undefined);
  });

  it('sends chunks and writes octets with --binary', async () => {
    start({ binary: true });
    output.open();
    there.on('binary', (data) => void there.send('binary', data));
    input.end(Buffer.from('00ff0a', 'hex'));
    await ended;
    expect(Buffer.from(output.text, 'utf8')).to.deep.equal(
      Buffer.from(Buffer.from('00ff0a', 'hex').toString()),
    );
  });

  it('makes control characters harmless when a terminal shows the output', async () => {
    start({ isShown: true });
    output.open();
    there.send('text', '\u001b[2J');
    there.send('binary', Buffer.from('07', 'hex'));
    there.close();
    await ended;
    expect(output.text).to.equal('\\x1b[2J\n\\x07\n');
  });

  it('loses nothing that a slow reader has not taken yet, and closes only then', async () => {
    start();
    const messages = Array.from({ length: 500 }, (_, index) => `message ${String(index)}`);
    let isAsked = false;
    there.on('text', () => {
      isAsked = true;
      for (const message of messages) there.send('text', message);
    });
    input.end('go\n');
    while (!isAsked || !output.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(here.isClosed).to.equal(false);
    // The rest waits at the server's end, not in our memory.
    expect(here.isReadingPaused).to.equal(true);
    expect(output.writableLength).to.be.below(100);
    output.open();
    await ended;
    expect(output.text).to.equal(messages.map((message) => `${message}\n`).join(''));
  });

  it('prints what comes after its own Close, however much it is', async () => {
    start();
    const messages = Array.from({ length: 500 }, (_, index) => `message ${String(index)}`);
    here.once('closing', () => {
      for (const message of messages) there.send('text', message);
    });
    input.end('go\n');
    await once(there, 'closing');
    output.open();
    await ended;
    expect(output.text).to.equal(messages.map((message) => `${message}\n`).join(''));
  });

  it('stays with waitMs: Infinity until the server closes', async () => {
    start({ waitMs: Infinity });
    output.open();
    input.end();
    await once(input, 'close');
    there.send('text', 'late');
    there.close();
    await ended;
    expect(output.text).to.equal('late\n');
  });

  it('ends when the connection is gone, although the input goes on', async () => {
    start();
    input.write('unfinished');
    there.terminate();
    await ended;
    expect(input.destroyed).to.equal(true);
    expect(session.failure).to.equal(undefined);
  });

  it('reports input that is no UTF-8, and closes with 1001', async () => {
    start();
    input.write(Buffer.from('ff', 'hex'));
    expect(((await once(there, 'close')) as [number])[0]).to.equal(1001);
    await ended;
    expect(session.failure?.message).to.contain('not UTF-8');
  });

  it('reports an input that cannot be read', async () => {
    start();
    input.destroy(new Error('the disk is gone'));
    expect(((await once(there, 'close')) as [number])[0]).to.equal(1001);
    await ended;
    expect(session.failure?.message).to.equal('the disk is gone');
  });

  it('reports an output that broke, and closes with 1001', async () => {
    start();
    output.destroy(new Error('write EPIPE'));
    expect(((await once(there, 'close')) as [number])[0]).to.equal(1001);
    await ended;
    expect(session.failure?.message).to.equal('write EPIPE');
  });

  it('closes with 1001 when stopped; when stopped again, drops the connection', async () => {
    start();
    there.pause();
    session.stop('SIGINT');
    expect(here.readyState).to.equal(2);
    session.stop('SIGINT');
    await ended;
    expect(here.readyState).to.equal(3);
  });

  it('does not wait for its reader for ever when stopped', async () => {
    start();
    there.send('text', 'one');
    there.close();
    await once(here, 'close');
    let isOver = false;
    void ended.then(() => (isOver = true));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).to.equal(false);
    session.stop('SIGINT');
    await ended;
  });
});
