import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { ProtocolError } from '../../lib/errors.js';
import { Undelivered } from '../../lib/connection/message-delivery.js';
import { Receiver } from '../../lib/connection/receiver.js';
import type { ReceiverOwner } from '../../lib/connection/receiver-owner.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { WirePeer, octets, settled } from '../wire-peer.js';

/** Is a receiver of the client role on a stream in memory, and what it told its owner. */
interface Fixture {
  readonly receiver: Receiver;
  readonly stream: PairEnd;
  readonly peer: WirePeer;
  readonly told: unknown[];
}

describe('Receiver', () => {
  const { NO_CONSUMER, NOT_CONNECTED, HANDLER_BUSY, PAUSED, STREAM_FULL } = Undelivered;
  const opened: Fixture[] = [];

  afterEach(() => {
    for (const { receiver, stream, peer } of opened.splice(0)) {
      receiver.ignoreFurtherOctets();
      stream.destroy();
      peer.stream.destroy();
    }
  });

  function make(options: ConnectionOptions = {}): Fixture {
    const [stream, far] = duplexPair();
    const told: unknown[] = [];
    const owner: ReceiverOwner = {
      deliver: (message) => void told.push(message),
      onPing: (payload) => void told.push(`ping ${payload.toString()}`),
      onPong: (payload) => void told.push(`pong ${payload.toString()}`),
      onPeerClose: (code, reason) => void told.push(`close ${code} ${reason}`),
      onUselessFlood: () => void told.push('useless flood'),
      onEnd: () => void told.push('end'),
      receiverOnRest: () => {},
      onOctets: () => {},
      beginTurn: () => {},
      endTurn: () => {},
      fail: (error) => void told.push(error),
      endSlowConsumer: () => {},
    };
    const receiver = new Receiver(owner, stream, connectionSettings(options), false);
    stream.on('data', (chunk: Buffer) => receiver.push(chunk));
    stream.on('end', () => receiver.end());
    stream.pause();
    const fixture = { receiver, stream, peer: new WirePeer(far, 'server'), told };
    opened.push(fixture);
    return fixture;
  }

  /** Makes a receiver that has begun, for a consumer. */
  function started(options: ConnectionOptions = {}): Fixture {
    const fixture = make(options);
    fixture.receiver.releaseDelivery(NO_CONSUMER);
    fixture.receiver.start();
    return fixture;
  }

  it('gives up a peer that goes on for 16 MiB after a violation', () => {
    const { receiver, told } = started();
    receiver.push(octets('f1 00'));
    for (let mebibyte = 0; mebibyte < 16; mebibyte++) receiver.push(Buffer.alloc(1 << 20));
    expect(told).to.have.length(1);
    receiver.push(octets('00'));
    expect(told.slice(1)).to.deep.equal(['useless flood']);
  });

  it('gives up a peer that goes on for 1 MiB after a flood', () => {
    const { receiver, told } = started({ maxEmptyFragments: 1 });
    receiver.push(octets('01 00 00 00'));
    expect(told).to.have.length(1);
    receiver.push(Buffer.alloc(1 << 20));
    expect(told).to.have.length(1);
    receiver.push(octets('00'));
    expect(told.slice(1)).to.deep.equal(['useless flood']);
  });

  it('parses nothing before it starts', async () => {
    const { receiver, told } = make();
    receiver.push(octets('89 01 61'));
    expect(told).to.deep.equal([]);
    expect(receiver.isPaused).to.equal(true);
    receiver.start();
    expect(told).to.deep.equal(['ping a']);
    expect(receiver.isPaused).to.equal(false);
  });

  it('waits for no consumer where there is a handler', () => {
    const { receiver, told } = make({ handler: () => {} });
    receiver.push(octets('81 01 61'));
    receiver.start();
    expect(told).to.deep.equal(['a']);
  });

  it('gives the owner what a used-up turn left over in later turns', async () => {
    const { receiver, told } = started({ maxTurnFrames: 2 });
    receiver.push(octets('81 01 61 81 01 62 81 01 63 81 01 64 81 01 65'));
    expect(told).to.deep.equal(['a', 'b']);
    receiver.push(octets('81 01 66'));
    await settled(1);
    expect(told).to.deep.equal(['a', 'b', 'c', 'd']);
    await settled(1);
    expect(told).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('tells the end behind all that came before it', async () => {
    const { receiver, told } = started({ maxTurnFrames: 1 });
    receiver.push(octets('81 01 61 81 01 62'));
    receiver.end();
    receiver.end();
    expect(told).to.deep.equal(['a']);
    await settled();
    expect(told).to.deep.equal(['a', 'b', 'end']);
  });

  it('tells the end at once when it ignores what came', () => {
    const { receiver, told } = started();
    receiver.push(octets('81 05 61'));
    receiver.ignoreFurtherOctets();
    receiver.push(octets('81 01 62'));
    receiver.end();
    expect(told).to.deep.equal(['end']);
  });

  it('parses nothing behind an error, also for an owner who has failed for another reason already', async () => {
    for (const end of ['finish', 'later'] as const) {
      const { receiver, told } = started({ maxTurnFrames: 1 });
      // A text, a frame with a reserved opcode, and what looks like more of them.
      receiver.push(octets('81 01 61 83 00 83 00 81 01 62'));
      let isFinished = false;
      if (end === 'finish') receiver.finish(() => (isFinished = true));
      await settled(10);
      expect(told).to.have.length(2);
      expect(told[0]).to.equal('a');
      expect(told[1]).to.be.instanceOf(ProtocolError);
      receiver.push(octets('81 01 63'));
      await settled(2);
      expect(told).to.have.length(2);
      expect(isFinished).to.equal(end === 'finish');
    }
  });

  it('parses the rest in one go when the stream is gone, and tells no end', () => {
    const { receiver, told } = started({ maxTurnFrames: 1 });
    receiver.push(octets('81 01 61 81 01 62 81 01 63 88 02 03 e8'));
    receiver.finish(() => {});
    receiver.end();
    expect(told).to.deep.equal(['a', 'b', 'c', 'close 1000 ']);
  });

  it('fails its owner for what breaks a rule', () => {
    const { receiver, told } = started();
    receiver.push(octets('81 01 61 83 00'));
    expect(told[0]).to.equal('a');
    expect(told[1]).to.have.property('closeCode', 1002);
  });

  describe('when delivery is held', () => {
    for (const [name, reason] of Object.entries({
      HANDLER_BUSY,
      PAUSED,
      STREAM_FULL,
      NO_CONSUMER,
      NOT_CONNECTED,
    })) {
      it(`keeps messages, but not control frames (${name})`, () => {
        const { receiver, told } = started();
        receiver.holdDelivery(reason);
        receiver.push(octets('81 01 61 89 00'));
        expect(told).to.deep.equal(['ping ']);
        receiver.releaseDelivery(reason);
        expect(told).to.deep.equal(['ping ', 'a']);
      });
    }

    it('lets the stream flow at the bound while a loop may take what waits, up to the next chunk', () => {
      const { receiver, told, stream } = started({ maxQueuedMessages: 2 });
      receiver.holdDelivery(STREAM_FULL);
      receiver.push(octets('81 01 61 81 01 62 81 01 63'));
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([true, false]);
      receiver.deliverNext(STREAM_FULL);
      receiver.deliverNext(STREAM_FULL);
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([false, false]);
      receiver.push(octets('81 01 64 89 00'));
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([true, false]);
      receiver.push(octets('8a 00'));
      expect(stream.isPaused()).to.equal(true);
      expect(told).to.deep.equal(['a', 'b']);
      receiver.releaseDelivery(STREAM_FULL);
      expect(told).to.deep.equal(['a', 'b', 'c', 'd', 'ping ', 'pong ']);
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([false, false]);
    });

    it('pauses the stream at the bound when more than a loop is waited for', () => {
      const { receiver, stream } = started({ maxQueuedMessages: 1 });
      receiver.holdDelivery(STREAM_FULL | HANDLER_BUSY);
      receiver.push(octets('81 01 61'));
      expect(stream.isPaused()).to.equal(true);
    });

    it('reads no further at the bound, until the inbox is empty', () => {
      const { receiver, told, stream } = started({ maxQueuedMessages: 2 });
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.push(octets('81 01 61 81 01 62 89 00'));
      expect(told).to.deep.equal([]);
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([true, true]);
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['a', 'b', 'ping ']);
      expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([false, false]);
    });

    it('stops to deliver as soon as it is held again', () => {
      const { receiver, told } = started();
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.push(octets('81 01 61 81 01 62'));
      const { push } = told;
      told.push = (...items) => {
        receiver.holdDelivery(HANDLER_BUSY);
        return push.apply(told, items);
      };
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['a']);
    });
  });

  describe('when closing', () => {
    it('drops and counts what comes past the bound where nobody takes it', () => {
      const { receiver, told } = started({ maxQueuedMessages: 1 });
      receiver.holdDelivery(NO_CONSUMER);
      receiver.readToTheEnd();
      receiver.push(octets('81 01 61 81 01 62 81 01 63 88 00'));
      expect(told).to.deep.equal(['close 1005 ']);
      expect(receiver.discarded).to.equal(2);
    });

    it('goes on waiting for a reader who is only slow', () => {
      for (const [reason, isStreamed] of [
        [HANDLER_BUSY, false],
        [STREAM_FULL, true],
        [PAUSED, true],
      ] as const) {
        const { receiver, told, stream } = started({ maxQueuedMessages: 1 });
        receiver.isStreamed = isStreamed;
        receiver.holdDelivery(reason);
        receiver.readToTheEnd();
        receiver.push(octets('81 01 61 81 01 62 88 00'));
        expect(told).to.deep.equal([]);
        expect([receiver.isPaused, stream.isPaused()]).to.deep.equal([true, reason !== STREAM_FULL]);
        receiver.releaseDelivery(reason);
        expect(told).to.deep.equal(['a', 'b', 'close 1005 ']);
        expect(receiver.discarded).to.equal(0);
      }
    });

    it('may be paused by such a reader, and not by anybody else', () => {
      for (const isStreamed of [true, false]) {
        const { receiver, stream } = started();
        receiver.isStreamed = isStreamed;
        receiver.readToTheEnd();
        receiver.pause();
        expect(stream.isPaused()).to.equal(isStreamed);
        receiver.resume();
        receiver.penalise();
        expect(receiver.isPaused).to.equal(false);
      }
    });

    it('keeps all that came before the stream was gone for such a reader', () => {
      const { receiver, told } = started({ maxQueuedMessages: 1 });
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.push(octets('81 01 61 81 01 62 81 01 63'));
      receiver.finish(() => {});
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['a', 'b', 'c']);
    });

    it('drops everything once it is abandoned', () => {
      const { receiver, told } = started({ maxQueuedMessages: 1 });
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.push(octets('81 01 61 81 01 62'));
      receiver.abandon();
      receiver.push(octets('81 01 63 88 00'));
      receiver.finish(() => {});
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['close 1005 ']);
      expect(receiver.discarded).to.equal(3);
    });

    it('is not paused any more once the peer has closed: its end is still to come', () => {
      const { receiver, stream } = started();
      receiver.push(octets('88 00'));
      receiver.pause();
      receiver.penalise();
      expect(stream.isPaused()).to.equal(false);
    });
  });

  describe('settle', () => {
    it('waits until all is delivered, while nothing but patience holds it back', () => {
      const { receiver, told } = started();
      receiver.holdDelivery(HANDLER_BUSY | PAUSED);
      receiver.push(octets('81 01 61'));
      receiver.settle(HANDLER_BUSY | PAUSED, () => told.push('settled'));
      receiver.releaseDelivery(PAUSED);
      expect(told).to.deep.equal([]);
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['a', 'settled']);
    });

    it('drops and counts what anything else holds back', () => {
      const { receiver, told } = started();
      receiver.holdDelivery(HANDLER_BUSY | NO_CONSUMER);
      receiver.push(octets('81 01 61'));
      receiver.settle(HANDLER_BUSY, () => told.push('settled'));
      expect(told).to.deep.equal(['settled']);
      expect(receiver.discarded).to.equal(1);
    });

    it('waits no longer once everything is dropped', () => {
      const { receiver, told } = started();
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.push(octets('81 01 61'));
      receiver.settle(HANDLER_BUSY, () => told.push('settled'));
      receiver.dropUndelivered();
      receiver.releaseDelivery(HANDLER_BUSY);
      expect(told).to.deep.equal(['settled']);
    });

    it('does not wait for nothing', () => {
      const { receiver, told } = started();
      receiver.holdDelivery(HANDLER_BUSY);
      receiver.settle(HANDLER_BUSY, () => told.push('settled'));
      expect(told).to.deep.equal(['settled']);
    });
  });
});
