import { expect } from 'chai';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import type { Sender, SenderOwner } from '../../lib/connection/sender.js';
import { lendSender, returnSender } from '../../lib/connection/sender-pool.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { collectGarbage } from '../garbage-collection.js';
import { ROLES, WirePeer, settled, unwire, wireUp } from '../wire-peer.js';

const SETTINGS = connectionSettings({});
const NOBODY: SenderOwner = {
  onDrain: () => {},
  onRest: () => {},
  fail: () => {},
  endSlowConsumer: () => {},
};

describe('lendSender', () => {
  const streams: PairEnd[] = [];

  afterEach(() => {
    for (const stream of streams.splice(0)) stream.destroy();
  });

  function lend(masked: boolean, totalBytes = 0): { sender: Sender; peer: WirePeer } {
    const [stream, far] = duplexPair();
    streams.push(stream, far);
    const sender = lendSender(NOBODY, stream, SETTINGS, masked, totalBytes);
    return { sender, peer: new WirePeer(far, masked ? 'server' : 'client') };
  }

  for (const masked of [false, true]) {
    describe(masked ? 'for masked frames' : 'for frames in the clear', () => {
      it('lends what came back last, to send for somebody else', async () => {
        const first = lend(masked);
        first.sender.sendPlain(1, 'for the first');
        await settled();
        expect(first.sender.isAtRest).to.equal(true);
        returnSender(first.sender);
        const second = lend(masked, 1000);
        expect(second.sender).to.equal(first.sender);
        expect([second.sender.totalBytes, second.sender.takenBytes]).to.deep.equal([1000, 1000]);
        const size = second.sender.sendPlain(1, 'for the second');
        await settled();
        expect(second.sender.totalBytes).to.equal(1000 + size);
        expect(first.peer.said()).to.deep.equal(['text "for the first"']);
        const frames = second.peer.frames().map((frame) => [frame.masked, frame.payload.toString()]);
        expect(frames).to.deep.equal([[masked, 'for the second']]);
        returnSender(second.sender);
      });

      it('lends to several at once, and keeps them apart', async () => {
        const all = Array.from({ length: 300 }, () => lend(masked));
        expect(new Set(all.map(({ sender }) => sender)).size).to.equal(300);
        all.forEach(({ sender }, index) => sender.sendPlain(1, String(index)));
        await settled();
        all.forEach(({ peer }, index) => expect(peer.said()).to.deep.equal([`text "${index}"`]));
        for (const { sender } of all) returnSender(sender);
      });

      it('is at rest only when nothing is under way', async () => {
        const { sender } = lend(masked);
        expect(sender.isAtRest, 'at first').to.equal(true);
        sender.beginTurn();
        expect(sender.isAtRest, 'in a turn').to.equal(false);
        sender.endTurn();
        expect(sender.isAtRest, 'after it').to.equal(true);
        sender.sendPlain(1, 'x');
        expect(sender.isAtRest, 'before the tick').to.equal(false);
        await settled();
        expect(sender.isAtRest, 'once it was taken').to.equal(true);
        returnSender(sender);
      });

      it('is never at rest once it ends', async () => {
        const { sender } = lend(masked);
        sender.end(() => {});
        await settled();
        expect(sender.isAtRest).to.equal(false);
        sender.discard(() => new Error('over'));
        expect(sender.isAtRest).to.equal(false);
      });
    });
  }

  it('keeps nobody alive', async () => {
    const gone = (() => {
      const owner = { ...NOBODY };
      const [stream, far] = duplexPair();
      returnSender(lendSender(owner, stream, SETTINGS, false, 0));
      stream.destroy();
      far.destroy();
      return [new WeakRef(owner), new WeakRef(stream)];
    })();
    await settled();
    await collectGarbage();
    expect(gone.map((ref) => ref.deref())).to.deep.equal([undefined, undefined]);
  });
});

describe('a connection with a sender that is lent', () => {
  afterEach(unwire);

  for (const role of ROLES) {
    it(`counts on where it left off, in the ${role} role`, async () => {
      const { connection, peer } = await wireUp(role);
      let sent = 0;
      for (const round of [1, 2, 3]) {
        sent += connection.send('text', `round ${round}`);
        expect(connection.bytesSent).to.equal(sent);
        await settled();
        expect(connection.bytesSent).to.equal(sent);
        expect(connection.bufferedAmount).to.equal(0);
        await connection.flushed();
      }
      expect(connection.counters.bytesSent).to.equal(sent);
      expect(peer.said()).to.deep.equal(['text "round 1"', 'text "round 2"', 'text "round 3"']);
    });
  }

  it('keeps apart what several send within the turn of one', async () => {
    const all = await Promise.all([...ROLES, ...ROLES].sort().map((role) => wireUp(role)));
    for (const [index, { connection }] of all.entries()) {
      connection.on('text', (text) => {
        for (const other of all) other.connection.send('text', `${index} ${text}`);
        connection.ping(text);
      });
    }
    for (const [index, { peer }] of all.entries()) {
      for (let round = 0; round < 3; round++) peer.sendTexts(`${index}.${round}`);
    }
    await settled(12);
    const said = all.map(({ peer }) => peer.said());
    const texts = [0, 1, 2, 3].flatMap((from) => [0, 1, 2].map((round) => `text "${from} ${from}.${round}"`));
    for (const [index, one] of said.entries()) {
      const pings = [0, 1, 2].map((round) => `ping "${index}.${round}"`);
      expect(one).to.have.members([...texts, ...pings]);
      for (const from of [0, 1, 2, 3]) {
        const ofOne = one.filter((line) => line.startsWith(`text "${from} `));
        expect(ofOne).to.deep.equal([0, 1, 2].map((round) => `text "${from} ${from}.${round}"`));
      }
    }
    const size = all.map(({ connection }) => connection.bytesSent);
    expect(new Set(size.slice(0, 2)).size + new Set(size.slice(2)).size).to.equal(2);
  });
});
