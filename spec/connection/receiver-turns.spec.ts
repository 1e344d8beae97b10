import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { Undelivered } from '../../lib/connection/message-delivery.js';
import { Receiver } from '../../lib/connection/receiver.js';
import type { ReceiverOwner } from '../../lib/connection/receiver-owner.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { octets, settled } from '../wire-peer.js';

const TEXTS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Makes one chunk of text messages. */
function chunkOf(texts: readonly string[]): Buffer {
  return octets(texts.map((text) => `81 01 ${Buffer.from(text).toString('hex')}`).join(' '));
}

describe('Receiver: its turns, and what it waits for', () => {
  const { NO_CONSUMER, HANDLER_BUSY } = Undelivered;
  const opened: { receiver: Receiver; ends: PairEnd[] }[] = [];

  afterEach(() => {
    for (const { receiver, ends } of opened.splice(0)) {
      receiver.ignoreFurtherOctets();
      for (const end of ends) end.destroy();
    }
  });

  /** Makes a receiver of the client role that has begun, for a consumer. */
  function started(options: ConnectionOptions = {}): { receiver: Receiver; told: unknown[] } {
    const [stream, far] = duplexPair();
    const told: unknown[] = [];
    const owner: ReceiverOwner = {
      deliver: (message) => void told.push(message),
      onPing: () => {},
      onPong: () => {},
      onPeerClose: (code) => void told.push(`close ${code}`),
      onUselessFlood: () => void told.push('useless flood'),
      onEnd: () => void told.push('end of stream'),
      receiverOnRest: () => {},
      onOctets: () => {},
      beginTurn: () => void told.push('('),
      endTurn: () => void told.push(')'),
      fail: (error) => void told.push(error),
      endSlowConsumer: () => {},
    };
    const receiver = new Receiver(owner, stream, connectionSettings(options), false);
    opened.push({ receiver, ends: [stream, far] });
    receiver.releaseDelivery(NO_CONSUMER);
    receiver.start();
    told.length = 0;
    return { receiver, told };
  }

  it('has one for each chunk', () => {
    const { receiver, told } = started();
    receiver.push(chunkOf(['a', 'b']));
    receiver.push(chunkOf(['c']));
    expect(told).to.deep.equal(['(', 'a', 'b', ')', '(', 'c', ')']);
  });

  it('has none for a chunk that only makes a frame longer', () => {
    const { receiver, told } = started();
    receiver.push(octets('82 05 01'));
    expect(told).to.deep.equal(['(', ')']);
    receiver.push(octets('02 03 04'));
    expect(told).to.have.length(2);
    receiver.push(octets('05'));
    expect(told.slice(2)).to.deep.equal(['(', octets('01 02 03 04 05'), ')']);
    const pieces = started({ fragments: true });
    pieces.receiver.push(octets('82 05 01'));
    pieces.receiver.push(octets('02 03 04'));
    expect(
      pieces.told.filter((entry) => entry === '(' || entry === ')'),
      'what is handed on',
    ).to.deep.equal(['(', ')', '(', ')']);
  });

  it('has one for what a used-up turn left over, in each later turn', async () => {
    const { receiver, told } = started({ maxTurnFrames: 2 });
    receiver.push(chunkOf(TEXTS));
    expect(told).to.deep.equal(['(', 'a', 'b', ')']);
    await settled(1);
    expect(told.slice(4)).to.deep.equal(['(', 'c', 'd', ')']);
    await settled(1);
    expect(told.slice(8)).to.deep.equal(['(', 'e', 'f', ')']);
  });

  it('counts frames before a wait and behind it as one turn', async () => {
    const { receiver, told } = started({ maxTurnFrames: 4, maxQueuedMessages: 2 });
    receiver.holdDelivery(HANDLER_BUSY);
    receiver.push(chunkOf(TEXTS));
    receiver.releaseDelivery(HANDLER_BUSY);
    const texts = (): unknown[] => told.filter((entry) => entry !== '(' && entry !== ')');
    expect(texts()).to.deep.equal(['a', 'b', 'c', 'd']);
    await settled(2);
    expect(texts()).to.deep.equal(TEXTS);
  });

  it('leaves the rest of a turn to others from maxTurnBytes on', async () => {
    const chunk = chunkOf(TEXTS);
    for (const [maxTurnBytes, isPaused] of [
      [chunk.length, true],
      [chunk.length + 1, false],
    ] as const) {
      const { receiver } = started({ maxTurnBytes });
      receiver.push(chunk);
      expect(receiver.isPaused).to.equal(isPaused);
      await settled(1);
      expect(receiver.isPaused).to.equal(false);
    }
  });

  describe('octets that end no frame', () => {
    /** Makes the first octets of a frame that is to be long. */
    const begun = (length: number): Buffer =>
      Buffer.concat([octets('82 7f 0000000000100000'), Buffer.alloc(length - 10)]);

    it('count for a sixteenth, with those of the chunks before', async () => {
      const { receiver } = started({ maxTurnBytes: 125 });
      receiver.push(begun(1000));
      expect(receiver.isPaused).to.equal(false);
      receiver.push(Buffer.alloc(999));
      expect(receiver.isPaused).to.equal(false);
      receiver.push(Buffer.alloc(1));
      expect(receiver.isPaused).to.equal(true);
      await settled(1);
      expect(receiver.isPaused).to.equal(false);
      receiver.push(Buffer.alloc(1999));
      expect(receiver.isPaused, 'in a turn of its own').to.equal(false);
      receiver.push(Buffer.alloc(1));
      expect(receiver.isPaused).to.equal(true);
      await settled(1);
    });

    it('count in full behind the end of one', () => {
      const { receiver } = started({ maxTurnBytes: 1000 });
      receiver.push(Buffer.concat([chunkOf(['a']), begun(997)]));
      expect(receiver.isPaused).to.equal(true);
    });

    it('are forgotten when a frame ends', () => {
      const { receiver } = started({ maxTurnBytes: 125 });
      receiver.push(octets('82 7e 0900'));
      receiver.push(Buffer.alloc(1500));
      receiver.push(Buffer.alloc(0x0900 - 1500 - 300));
      expect(receiver.isPaused).to.equal(true);
      const other = started({ maxTurnBytes: 125 }).receiver;
      other.push(octets('82 7e 07d0'));
      other.push(Buffer.alloc(1900));
      other.push(Buffer.alloc(100));
      other.push(begun(399));
      expect(other.isPaused).to.equal(false);
    });

    it('count in full where they are handed on at once', () => {
      const { receiver } = started({ maxTurnBytes: 1000, fragments: true });
      receiver.push(begun(999));
      expect(receiver.isPaused).to.equal(false);
      receiver.push(Buffer.alloc(1000));
      expect(receiver.isPaused).to.equal(true);
    });
  });

  it('reads on when whoever was to take the messages never will', () => {
    const { receiver, told } = started({ maxQueuedMessages: 2 });
    receiver.holdDelivery(HANDLER_BUSY);
    receiver.push(chunkOf(['a', 'b']));
    expect(receiver.isPaused).to.equal(true);
    receiver.abandon();
    expect(receiver.isPaused).to.equal(false);
    receiver.readToTheEnd();
    receiver.push(chunkOf(['c', 'd']));
    expect(receiver.discarded).to.equal(4);
    receiver.releaseDelivery(HANDLER_BUSY);
    expect(told).to.not.include('a').and.to.not.include('c');
  });

  it('waits on for a slow reader when it is to read to the end', () => {
    const { receiver } = started({ maxQueuedMessages: 2 });
    receiver.holdDelivery(HANDLER_BUSY);
    receiver.push(chunkOf(TEXTS));
    receiver.readToTheEnd();
    expect(receiver.isPaused).to.equal(true);
    receiver.releaseDelivery(HANDLER_BUSY);
    expect([receiver.isPaused, receiver.discarded]).to.deep.equal([false, 0]);
  });
});
