import { expect } from 'chai';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { Undelivered } from '../../lib/connection/message-delivery.js';
import { Receiver } from '../../lib/connection/receiver.js';
import type { ReceiverOwner } from '../../lib/connection/receiver-owner.js';
import { deflated } from '../compression/compressed-wire.js';
import { duplexPair } from '../duplex-pair.js';
import { until } from '../turns.js';
import { WirePeer } from '../wire-peer.js';

const LARGE = Buffer.alloc(500_000);

describe('Receiver: compressed messages', () => {
  /** Makes a receiver of the client role that has begun, for a consumer. */
  function started() {
    const [stream, far] = duplexPair();
    const peer = new WirePeer(far, 'server');
    const told: string[] = [];
    const owner: ReceiverOwner = {
      deliver: (message) => void told.push(`message of ${(message as Buffer).length}`),
      onPing: () => void told.push('ping'),
      onPong: () => void told.push('pong'),
      onPeerClose: (code) => void told.push(`close ${code}`),
      onUselessFlood: () => void told.push('useless flood'),
      onEnd: () => void told.push('end'),
      receiverOnRest: () => {},
      onOctets: () => {},
      beginTurn: () => {},
      endTurn: () => {},
      fail: (error) => void told.push(error.message),
      endSlowConsumer: () => {},
    };
    const coding = { windowBits: 15, keepsContext: false };
    const receiver = new Receiver(owner, stream, connectionSettings({}), false, coding);
    receiver.releaseDelivery(Undelivered.NO_CONSUMER);
    receiver.start();
    const end = (): void => {
      receiver.ignoreFurtherOctets();
      stream.destroy();
      far.destroy();
    };
    return { receiver, peer, told, end };
  }

  it('parses nothing while one is inflated, whatever is pushed', async () => {
    const { receiver, peer, told, end } = started();
    receiver.push(Buffer.concat([peer.frame(0x42, deflated(LARGE)), peer.frame(0x9, '')]));
    receiver.push(peer.frame(0x2, 'abc'));
    expect(told).to.deep.equal([]);
    expect(receiver.isPaused).to.equal(true);
    await until(() => told.length === 3);
    expect(told).to.deep.equal(['message of 500000', 'ping', 'message of 3']);
    expect(receiver.isPaused).to.equal(false);
    end();
  });

  it('tells the end of the stream behind it', async () => {
    const { receiver, peer, told, end } = started();
    receiver.push(peer.frame(0x42, deflated(LARGE)));
    receiver.end();
    expect(told).to.deep.equal([]);
    await until(() => told.length === 2);
    expect(told).to.deep.equal(['message of 500000', 'end']);
    end();
  });

  it('finishes behind it when the stream is gone, once', async () => {
    const { receiver, peer, told, end } = started();
    receiver.push(
      Buffer.concat([
        peer.frame(0x42, deflated(LARGE)),
        peer.frame(0x42, deflated(LARGE)),
        peer.frame(0x2, 'abc'),
        peer.closeFrame(1000),
      ]),
    );
    receiver.finish(() => told.push('finished'));
    expect(told).to.deep.equal([]);
    await until(() => told.includes('finished'));
    expect(told).to.deep.equal([
      'message of 500000',
      'message of 500000',
      'message of 3',
      'close 1000',
      'finished',
    ]);
    end();
  });

  it('finishes at once where further octets are ignored', async () => {
    const { receiver, peer, told, end } = started();
    receiver.push(peer.frame(0x42, deflated(LARGE)));
    receiver.ignoreFurtherOctets();
    receiver.finish(() => told.push('finished'));
    expect(told).to.deep.equal(['finished']);
    await until(() => !receiver.isPaused);
    expect(told).to.deep.equal(['finished']);
    end();
  });

  it('goes on behind one that fails only as far as its owner does', async () => {
    const { receiver, peer, told, end } = started();
    receiver.push(Buffer.concat([peer.frame(0x42, Buffer.alloc(40_000, 0xff)), peer.frame(0x9, '')]));
    await until(() => told.length > 0);
    expect(told[0]).to.match(/does not inflate/);
    end();
  });
});
