import { expect } from 'chai';
import { once } from 'node:events';
import { Connection } from '../../lib/connection/connection.js';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { ConnectionClosedError } from '../../lib/errors.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { WirePeer, names, outcomeOf, recordEvents, settled } from '../wire-peer.js';

/** Is CONNECTING until it is given a byte stream. */
class LateConnection extends Connection {
  constructor(options: ConnectionOptions = {}) {
    super(connectionSettings(options));
  }

  override get role(): 'client' {
    return 'client';
  }

  open(stream: PairEnd): void {
    const details = { protocol: '', extensions: '', path: '', query: '', headers: {} };
    this.attach({ stream, details });
    process.nextTick(() => this.announce({ stream, details }));
  }
}

describe('Connection: from CONNECTING on', () => {
  const opened: (() => void)[] = [];

  afterEach(async () => {
    for (const end of opened.splice(0)) end();
    await settled();
  });

  function make(options?: ConnectionOptions) {
    const [stream, far] = duplexPair();
    const peer = new WirePeer(far, 'server');
    const connection = new LateConnection(options);
    const events = recordEvents(connection);
    opened.push(() => {
      connection.terminate();
      stream.destroy();
      far.destroy();
    });
    const open = async (): Promise<void> => {
      connection.open(stream);
      await settled();
    };
    return { connection, stream, peer, events, open };
  }

  /** Collects the text that is delivered. */
  function textsOf(connection: Connection): string[] {
    const texts: string[] = [];
    connection.on('text', (text) => texts.push(text));
    return texts;
  }

  it('keeps a pause until it is resumed', async () => {
    const { connection, peer, open } = make();
    const texts = textsOf(connection);
    connection.pause();
    peer.sendTexts('1');
    await open();
    expect(texts).to.deep.equal([]);
    expect(connection.isReadingPaused).to.equal(true);
    connection.resume();
    await settled();
    expect(texts).to.deep.equal(['1']);
  });

  it('forgets a pause that was taken back', async () => {
    const { connection, peer, open } = make();
    const texts = textsOf(connection);
    connection.pause();
    connection.resume();
    peer.sendTexts('1');
    await open();
    expect(texts).to.deep.equal(['1']);
    expect(connection.isReadingPaused).to.equal(false);
  });

  it('reads for who began to before', async () => {
    for (const how of ['data', 'readable', 'read', 'next'] as const) {
      const { connection, peer, open } = make();
      const seen: unknown[] = [];
      if (how === 'data') connection.on('data', (chunk) => seen.push(chunk));
      else if (how === 'readable') connection.on('readable', () => seen.push(connection.read()));
      else if (how === 'next')
        void connection[Symbol.asyncIterator]()
          .next()
          .then(({ value }) => seen.push(value));
      else expect(connection.read()).to.equal(null);
      peer.sendTexts('1');
      await open();
      if (how === 'read') seen.push(connection.read());
      expect(seen, how).to.deep.equal(['1']);
    }
  });

  it('sends what was written before, in order, and calls back then', async () => {
    const { connection, peer, open } = make({ softBacklogBytes: 7 });
    const called: unknown[] = [];
    expect(connection.write('123', (error) => called.push(['1', error]))).to.equal(true);
    expect(connection.write(Buffer.from('4567'), (error) => called.push(['2', error]))).to.equal(false);
    expect(connection.bufferedAmount).to.equal(7);
    await settled();
    expect(called).to.deep.equal([]);
    await open();
    expect(peer.said()).to.deep.equal(['text "123"', 'binary "4567"']);
    expect(called).to.deep.equal([
      ['1', null],
      ['2', null],
    ]);
    expect(connection.bufferedAmount).to.equal(0);
    expect(connection.counters.messagesSent).to.equal(2);
  });

  it('sends what was written before also before what a listener of connect sends', async () => {
    const { connection, peer, open } = make();
    connection.on('connect', () => connection.send('text', 'second'));
    connection.write('first');
    await open();
    expect(peer.said()).to.deep.equal(['text "first"', 'text "second"']);
  });

  it('emits drain when what was written before is sent', async () => {
    const { connection, open } = make({ softBacklogBytes: 10 });
    let drains = 0;
    connection.on('drain', () => (drains += 1));
    expect(connection.write('1234567890')).to.equal(false);
    expect(connection.writableNeedDrain).to.equal(true);
    await open();
    expect(drains).to.equal(1);
    expect(connection.writableNeedDrain).to.equal(false);
  });

  it('closes behind connect when it was ended before', async () => {
    const { connection, peer, events, open } = make();
    let isFinished = false;
    connection.end('last', () => (isFinished = true));
    expect([connection.state, isFinished]).to.deep.equal(['CONNECTING', false]);
    await open();
    expect(names(events)).to.deep.equal(['connect', 'closing', 'finish']);
    expect(peer.said()).to.deep.equal(['text "last"', 'close 1000 "Normal closure"']);
    expect(isFinished).to.equal(true);
  });

  it('has what was sent so far taken once it is open, if there was anything', async () => {
    for (const isWritten of [true, false]) {
      const { connection, peer, stream, open } = make();
      if (isWritten) connection.write('1');
      const flushing = connection.flushed();
      expect(await outcomeOf(flushing)).to.equal('pending');
      stream.hold();
      await open();
      if (isWritten) expect(await outcomeOf(flushing)).to.equal('pending');
      stream.release();
      expect(await outcomeOf(flushing)).to.equal(undefined);
      expect(peer.frames()).to.have.length(isWritten ? 1 : 0);
    }
  });

  it('takes no part in a broadcast yet', () => {
    const { connection } = make();
    expect(connection.sendPrepared(new PreparedMessage('text', 'all'))).to.equal(-1);
    expect(connection.counters.messagesSent).to.equal(0);
  });

  it('ends with 1006 when it never opens, and so does all that waits', async () => {
    const { connection, events } = make();
    const answers: (Error | null | undefined)[] = [];
    connection.write('never', (error) => answers.push(error));
    const flushing = outcomeOf(connection.flushed());
    connection.destroy(null);
    await once(connection, 'close');
    answers.push((await flushing) as Error);
    expect(events).to.deep.equal([['close', 1006, '']]);
    expect(answers).to.have.length(2);
    for (const error of answers) {
      expect(error).to.be.instanceOf(ConnectionClosedError);
      expect(error).to.include({ receivedCode: 1006, sentCode: undefined, reason: '', wasClean: false });
    }
    expect(() => connection.pause().resume()).to.not.throw();
    expect(connection.read()).to.equal(null);
  });

  it('lets nobody hear of a promise that nobody waits for', async () => {
    const { connection, open } = make();
    void connection.flushed();
    await open();
    connection.cork();
    connection.write('stuck');
    void connection.flushed();
    connection.terminate();
    await settled();
    expect(connection.destroyed).to.equal(true);
  });
});
