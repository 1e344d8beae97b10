import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { Undelivered } from '../../lib/connection/message-delivery.js';
import type { Receiver } from '../../lib/connection/receiver.js';
import type { ReceiverOwner } from '../../lib/connection/receiver-owner.js';
import { lendReceiver, returnReceiver } from '../../lib/connection/receiver-pool.js';
import { Connection } from '../../lib/takeover.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { collectGarbage } from '../garbage-collection.js';
import { ROLES, collect, octets, settled, unwire, wireUp } from '../wire-peer.js';

/** Is a receiver that was lent, and what it told whoever has it. */
interface Lent {
  readonly receiver: Receiver;
  readonly told: unknown[];
}

describe('lendReceiver', () => {
  const streams: PairEnd[] = [];

  afterEach(() => {
    for (const stream of streams.splice(0)) stream.destroy();
  });

  function lend({
    isOpen = true,
    masked = false,
    ...options
  }: ConnectionOptions & { isOpen?: boolean; masked?: boolean } = {}): Lent {
    const [stream, far] = duplexPair();
    streams.push(stream, far);
    const told: unknown[] = [];
    const owner: ReceiverOwner = {
      deliver: (message) => void told.push(message),
      onPing: () => {},
      onPong: () => {},
      onPeerClose: (code) => void told.push(code),
      onUselessFlood: () => {},
      onEnd: () => void told.push('end'),
      onOctets: () => {},
      receiverOnRest: () => void told.push('rest'),
      beginTurn: () => {},
      endTurn: () => {},
      fail: (error) => void told.push(error),
      endSlowConsumer: () => {},
    };
    return { receiver: lendReceiver(owner, stream, connectionSettings(options), masked, isOpen), told };
  }

  it('lends what came back last, to read for somebody else by other rules', () => {
    const first = lend();
    first.receiver.push(octets('81 01 41'));
    expect(first.told).to.deep.equal(['A', 'rest']);
    returnReceiver(first.receiver);
    const second = lend({ masked: true, textAs: 'buffer' });
    expect(second.receiver).to.equal(first.receiver);
    second.receiver.push(octets('81 81 00 00 00 00 42'));
    expect(second.told).to.deep.equal([{ utf8: Buffer.from('B') }, 'rest']);
    expect(first.told).to.have.length(2);
    returnReceiver(second.receiver);
  });

  it('lends to several at once', () => {
    const all = Array.from({ length: 100 }, () => lend());
    expect(new Set(all.map(({ receiver }) => receiver)).size).to.equal(100);
    for (const { receiver } of all) returnReceiver(receiver);
  });

  it('waits for the start and for a consumer where its owner does', () => {
    returnReceiver(lend().receiver);
    const { receiver, told } = lend({ isOpen: false });
    expect([receiver.isAtRest, receiver.isPaused]).to.deep.equal([false, true]);
    receiver.push(octets('81 01 41'));
    receiver.start();
    expect(told).to.deep.equal([]);
    receiver.releaseDelivery(Undelivered.NO_CONSUMER);
    expect(told).to.deep.equal(['A']);
    expect(receiver.isAtRest).to.equal(true);
    returnReceiver(receiver);
  });

  it('keeps nobody alive', async () => {
    const gone = (() => {
      const { receiver, told } = lend({ maxQueuedMessages: 3 });
      receiver.push(octets('81 01 41'));
      returnReceiver(receiver);
      return [new WeakRef(told), ...streams.splice(0).map((stream) => new WeakRef(stream.destroy()))];
    })();
    await settled();
    await collectGarbage();
    expect(gone.map((ref) => ref.deref())).to.deep.equal([undefined, undefined, undefined]);
  });

  const NOT_AT_REST: Record<string, (lent: Lent) => void> = {
    'half a frame has come': ({ receiver }) => receiver.push(octets('81 02 41')),
    'half a message has come': ({ receiver }) => receiver.push(octets('01 01 41')),
    'it is paused': ({ receiver }) => receiver.pause(),
    'delivery is held': ({ receiver }) => receiver.holdDelivery(Undelivered.HANDLER_BUSY),
    'the peer is made to wait': ({ receiver }) => receiver.penalise(),
    'the connection is read as a stream': ({ receiver }) => void (receiver.isStreamed = true),
    'the end is near': ({ receiver }) => receiver.readToTheEnd(),
    'the peer has closed': ({ receiver }) => receiver.push(octets('88 02 03 e8')),
    'the peer has ended': ({ receiver }) => receiver.end(),
    'the connection has failed': ({ receiver }) => receiver.push(octets('f1 00')),
    'a message was dropped': ({ receiver }) => {
      receiver.holdDelivery(Undelivered.HANDLER_BUSY);
      receiver.push(octets('81 01 41'));
      receiver.dropUndelivered();
      receiver.releaseDelivery(Undelivered.HANDLER_BUSY);
    },
  };

  for (const [why, happen] of Object.entries(NOT_AT_REST)) {
    it(`lends nothing that is not at rest: ${why}`, () => {
      const lent = lend();
      expect(lent.receiver.isAtRest).to.equal(true);
      happen(lent);
      expect(lent.receiver.isAtRest).to.equal(false);
      expect(lent.told).to.not.include('rest');
      lent.receiver.ignoreFurtherOctets();
    });
  }

  it('lends nothing in the turn in which it reads', () => {
    const lent = lend();
    let wasAtRest: boolean | undefined;
    lent.told.push = () => {
      wasAtRest ??= lent.receiver.isAtRest;
      return 0;
    };
    lent.receiver.push(octets('81 01 41'));
    expect(wasAtRest).to.equal(false);
    expect(lent.receiver.isAtRest).to.equal(true);
    returnReceiver(lent.receiver);
  });
});

describe('a connection with a receiver that is lent', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    it(`keeps apart what comes for several, in the ${role} role`, async () => {
      const all = await Promise.all([0, 1, 2].map(() => wireUp(role)));
      const messages = all.map(({ connection }) => collect(connection));
      await settled();
      for (const round of [0, 1, 2]) {
        all[round]!.connection.pause();
        for (const [index, { peer }] of all.entries())
          peer.sendTexts(`${index}.${round}`, `${index}.${round}b`);
        await settled();
        expect(messages[round], 'paused').to.have.length(round * 2);
        all[round]!.connection.resume();
        await settled();
      }
      for (const [index, texts] of messages.entries()) {
        expect(texts).to.deep.equal(
          [0, 1, 2].flatMap((round) => [`${index}.${round}`, `${index}.${round}b`]),
        );
        expect(all[index]!.connection.counters).to.include({ messagesReceived: 6, messagesDiscarded: 0 });
      }
    });

    it(`counts control frames from one chunk to the next, in the ${role} role`, async () => {
      const { connection, peer } = await wireUp(role, { controlFramesPerSecond: 1, controlFrameBurst: 3 });
      collect(connection);
      for (let ping = 0; ping < 3; ping++) {
        peer.send(peer.frame(0x9));
        await settled(2);
      }
      expect(connection.state).to.equal('CONNECTED');
      peer.send(peer.frame(0x9));
      await settled();
      expect(peer.said().at(-1)).to.match(/^close 1008/);
    });
  }

  it('answers within the call that hands it octets, as deep as that may go', async () => {
    const [near, far] = duplexPair({ atOnce: true });
    const told: string[] = [];
    const ends = [near, far].map((stream, index) => {
      const connection = Connection.takeover(stream, { server: index === 0, keepalive: 0 });
      connection.on('error', () => {});
      connection.on('text', (text) => {
        told.push(text);
        if (Number(text) > 0) connection.send('text', String(Number(text) - 1));
      });
      return connection;
    });
    await settled();
    for (const first of [20, 10]) {
      ends[0]!.send('text', String(first));
      await settled(first + 6);
    }
    const countdown = (first: number): string[] =>
      Array.from({ length: first + 1 }, (_, at) => String(first - at));
    expect(told).to.deep.equal([...countdown(20), ...countdown(10)]);
    for (const connection of ends) connection.terminate();
    await settled();
  });
});
