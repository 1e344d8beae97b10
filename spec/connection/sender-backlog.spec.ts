import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { backlogBudget } from '../../lib/connection/process-limits.js';
import { Sender } from '../../lib/connection/sender.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { WirePeer, settled } from '../wire-peer.js';

const KiB = 1024;

describe('Sender: what the socket has not taken', () => {
  const opened: { sender: Sender; stream: PairEnd; peer: WirePeer }[] = [];

  afterEach(() => {
    for (const { sender, stream, peer } of opened.splice(0)) {
      sender.discard(() => new Error('over'));
      stream.destroy();
      peer.stream.destroy();
    }
    expect(backlogBudget.total).to.equal(0);
  });

  function make(options: ConnectionOptions = {}) {
    const [stream, far] = duplexPair();
    let drains = 0;
    const owner = {
      onDrain: () => (drains += 1),
      onRest: () => {},
      fail: () => {},
      endSlowConsumer: () => {},
    };
    const sender = new Sender(owner, stream, connectionSettings(options), false);
    const peer = new WirePeer(far, 'client');
    opened.push({ sender, stream, peer });
    const held = (): number => backlogBudget.heldBy(owner);
    return { sender, stream, peer, drains: () => drains, held };
  }

  /** Sends a binary message that takes so many octets as framed. */
  function send(sender: Sender, size: number): void {
    sender.sendFrame({ opcode: 2, fin: true, data: Buffer.alloc(size < 128 ? size - 2 : size - 4) });
  }

  it('leaves in one write at the end of a turn, however long that takes', async () => {
    const { sender, stream } = make();
    sender.beginTurn();
    send(sender, 10);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(stream.writes).to.equal(0);
    send(sender, 10);
    sender.endTurn();
    expect(stream.writes).to.equal(1);
  });

  it('leaves at once from 64 KiB on, in a turn and outside of one', () => {
    for (const inTurn of [false, true]) {
      const { sender, stream } = make();
      if (inTurn) sender.beginTurn();
      sender.sendFrame({ opcode: 2, fin: true, data: Buffer.alloc(64 * KiB) });
      expect(stream.writes, String(inTurn)).to.be.above(0);
      if (inTurn) sender.endTurn();
    }
  });

  it('is charged while it waits in a turn, and given back as soon as it was taken', () => {
    const { sender, held } = make({ softBacklogBytes: 1_000 });
    sender.beginTurn();
    send(sender, 2_000);
    expect(held()).to.equal(2_000);
    sender.endTurn();
    expect(held()).to.equal(0);
    sender.beginTurn();
    send(sender, 2_000);
    expect(held()).to.equal(2_000);
    sender.sendClose(1000, '');
    expect(held()).to.equal(0);
    sender.endTurn();
  });

  it('leaves at once and is charged also when it was made for many', () => {
    const large = make();
    large.sender.sendPrepared(new PreparedMessage('binary', Buffer.alloc(64 * KiB)));
    expect(large.stream.writes).to.equal(1);
    const { sender, stream, held } = make({ softBacklogBytes: 1_000 });
    stream.hold();
    sender.sendPrepared(new PreparedMessage('binary', Buffer.alloc(1_996)));
    expect([sender.backlog, held()]).to.deep.equal([2_000, 2_000]);
  });

  it('is charged once when it was made for many, of whom several are behind', async () => {
    const message = new PreparedMessage('binary', Buffer.alloc(4_996));
    const several = [make({ softBacklogBytes: 1_000 }), make({ softBacklogBytes: 1_000 })];
    for (const { sender, stream } of several) {
      stream.hold();
      send(sender, 2_000);
      await settled();
      sender.sendPrepared(message);
    }
    expect(several.map(({ sender }) => sender.backlog)).to.deep.equal([7_000, 7_000]);
    expect(backlogBudget.total).to.equal(2 * 2_000 + 5_000);
    several[0]!.stream.release();
    await settled();
    expect(backlogBudget.total).to.equal(2_000 + 5_000);
  });

  it('lets a ping be answered at once as long as it is not above the soft limit', async () => {
    for (const [size, answers] of [
      [20, 1],
      [21, 0],
    ] as const) {
      const { sender, stream } = make({ softBacklogBytes: 20 });
      stream.hold();
      send(sender, size);
      const before = sender.totalBytes;
      sender.answerPing(Buffer.alloc(0));
      expect((sender.totalBytes - before) / 2, String(size)).to.equal(answers);
      await settled();
    }
  });

  it('asks for a drain until it is below the soft limit, and not before', async () => {
    const { sender, stream, peer, drains } = make({ softBacklogBytes: 20 });
    stream.hold();
    send(sender, 30);
    await settled();
    send(sender, 20);
    sender.answerPing(Buffer.from('late'));
    await settled();
    // The first write is taken: what is left is just at the limit.
    stream.release(1);
    await settled();
    expect([sender.backlog, sender.needsDrain, drains()]).to.deep.equal([20, true, 0]);
    expect(peer.frames()).to.have.length(1);
    stream.release();
    await settled();
    expect([sender.backlog, sender.needsDrain, drains()]).to.deep.equal([0, false, 1]);
    expect(peer.said().at(-1)).to.equal('pong "late"');
  });
});
