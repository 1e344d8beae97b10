import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { Sender, slowConsumer } from '../../lib/connection/sender.js';
import { backlogBudget } from '../../lib/connection/process-limits.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { WirePeer, settled } from '../wire-peer.js';

/** Is a sender on a stream in memory, and what it told its owner. */
interface Fixture {
  readonly sender: Sender;
  readonly stream: PairEnd;
  readonly peer: WirePeer;
  readonly drains: () => number;
  readonly owner: object;
}

describe('Sender', () => {
  const opened: Fixture[] = [];

  afterEach(() => {
    for (const { sender, stream, peer } of opened.splice(0)) {
      sender.discard(() => new Error('over'));
      stream.destroy();
      peer.stream.destroy();
    }
  });

  function make(options: ConnectionOptions = {}, masked = false): Fixture {
    const [stream, far] = duplexPair();
    let drains = 0;
    const owner = {
      onDrain: () => (drains += 1),
      onRest: () => {},
      fail: () => {},
      endSlowConsumer: () => {},
    };
    const sender = new Sender(owner, stream, connectionSettings(options), masked);
    const fixture = { sender, stream, peer: new WirePeer(far, 'client'), drains: () => drains, owner };
    opened.push(fixture);
    return fixture;
  }

  for (const masked of [false, true]) {
    it(`tells what a frame takes, and takes it (${masked ? 'masked' : 'in the clear'})`, async () => {
      const { sender, peer } = make({}, masked);
      for (const length of [0, 125, 126, 65_535, 65_536]) {
        const data = Buffer.alloc(length);
        expect(sender.sendFrame({ opcode: 2, fin: true, data })).to.equal(sender.sizeOf(length));
      }
      const size = [0, 125, 126, 65_535, 65_536].reduce((sum, length) => sum + sender.sizeOf(length), 0);
      expect(sender.totalBytes).to.equal(size);
      await settled();
      expect(sender.takenBytes).to.equal(size);
      expect(peer.frames().map((frame) => frame.masked)).to.deep.equal(Array(5).fill(masked));
    });
  }

  it('keeps what is sent in a turn for one write', async () => {
    const { sender, stream } = make();
    sender.beginTurn();
    sender.sendControl(9, 'a');
    sender.sendFrame({ opcode: 1, fin: true, data: 'b' });
    sender.sendPrepared(new PreparedMessage('text', 'c'));
    expect(stream.writes).to.equal(0);
    sender.endTurn();
    expect(stream.writes).to.equal(1);
    expect(Buffer.concat(stream.taken).toString('hex')).to.equal('890161' + '810162' + '810163');
  });

  it('awaits progress as long as something shared is charged, and no longer', async () => {
    const { sender, stream } = make();
    const large = new PreparedMessage('binary', Buffer.alloc(100_000));
    stream.hold();
    sender.sendPrepared(large);
    sender.sendPrepared(large);
    expect([sender.awaitsProgress, backlogBudget.total]).to.deep.equal([true, 100_010]);
    await settled();
    stream.release();
    await settled();
    expect([sender.awaitsProgress, backlogBudget.total, sender.backlog]).to.deep.equal([false, 0, 0]);
  });

  it('needs a drain from the soft limit on, and tells once it is below', async () => {
    const { sender, stream, drains } = make({ softBacklogBytes: 10 });
    stream.hold();
    sender.sendFrame({ opcode: 1, fin: true, data: '1234567' });
    expect(sender.needsDrain).to.equal(false);
    sender.sendFrame({ opcode: 1, fin: true, data: '' });
    sender.sendFrame({ opcode: 1, fin: true, data: '' });
    expect(sender.needsDrain).to.equal(true);
    await settled();
    stream.release();
    await settled();
    expect(sender.needsDrain).to.equal(false);
    expect(drains()).to.equal(1);
  });

  it('charges the process for its backlog, and gives it back', async () => {
    const { sender, stream, owner } = make({ softBacklogBytes: 1_000 });
    stream.hold();
    sender.sendFrame({ opcode: 2, fin: true, data: Buffer.alloc(1_800) });
    expect(backlogBudget.heldBy(owner as never)).to.equal(sender.backlog);
    await settled();
    stream.release();
    await settled();
    expect(backlogBudget.heldBy(owner as never)).to.equal(0);
    stream.hold();
    sender.sendFrame({ opcode: 2, fin: true, data: Buffer.alloc(2_000) });
    expect(backlogBudget.heldBy(owner as never)).to.be.above(2_000);
    sender.discard(() => new Error('over'));
    expect(backlogBudget.heldBy(owner as never)).to.equal(0);
  });

  it('answers each ping until the backlog is over the soft limit, then the newest (RFC 6455 §5.5.3)', async () => {
    const { sender, stream, peer } = make({ softBacklogBytes: 10 });
    sender.answerPing(Buffer.from('1'));
    sender.answerPing(Buffer.from('2'));
    await settled();
    stream.hold();
    sender.sendFrame({ opcode: 1, fin: true, data: '123456789' });
    for (const text of ['3', '4', '5']) sender.answerPing(Buffer.from(text));
    expect(sender.pongsDropped).to.equal(2);
    await settled();
    stream.release();
    await settled();
    expect(peer.said()).to.deep.equal(['pong "1"', 'pong "2"', 'text "123456789"', 'pong "5"']);
  });

  it('forgets a pong that waited once it sends Close (RFC 6455 §5.5.1)', async () => {
    const { sender, stream, peer } = make({ softBacklogBytes: 10 });
    stream.hold();
    sender.sendFrame({ opcode: 1, fin: true, data: '123456789' });
    sender.answerPing(Buffer.from('late'));
    sender.sendClose(1000, 'bye');
    await settled();
    stream.release();
    await settled();
    expect(peer.said()).to.deep.equal(['text "123456789"', 'close 1000 "bye"']);
  });

  it('ends the stream behind what it sent', async () => {
    const { sender, stream, peer } = make();
    let isTaken = false;
    stream.hold();
    sender.sendClose(1005, '');
    sender.end(() => (isTaken = true));
    await settled();
    expect(isTaken).to.equal(false);
    stream.release();
    await settled();
    expect(isTaken).to.equal(true);
    expect(peer.said()).to.deep.equal(['close']);
    expect(peer.stream.readableEnded).to.equal(true);
  });

  it('tells which limit a slow peer has passed', () => {
    const { sender, stream } = make({ hardBacklogBytes: 10 });
    expect(sender.slowness()).to.include({ limit: 'maxBacklogBytes', value: backlogBudget.limit });
    stream.hold();
    sender.sendFrame({ opcode: 1, fin: true, data: '12345678' });
    expect(sender.slowness()).to.include({
      limit: 'hardBacklogBytes',
      value: 10,
      actual: 10,
      closeCode: 1013,
    });
  });
});

describe('slowConsumer', () => {
  it('names the limit in its code', () => {
    expect(slowConsumer('hardBacklogBytes', 1, 2)).to.include({
      code: 'ERR_WS_LIMIT_HARD_BACKLOG_BYTES',
      limit: 'hardBacklogBytes',
      value: 1,
      actual: 2,
      closeCode: 1013,
    });
  });
});
