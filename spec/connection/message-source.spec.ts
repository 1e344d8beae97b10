import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { MessageSource, isPieces } from '../../lib/connection/message-source.js';
import { Sender } from '../../lib/connection/sender.js';
import { Opcode } from '../../lib/protocol/constants.js';
import { duplexPair } from '../duplex-pair.js';
import { WirePeer, outcomeOf, settled } from '../wire-peer.js';

describe('MessageSource: a message whose pieces are still to come', () => {
  function make(): { sender: Sender; peer: WirePeer } {
    const [stream, far] = duplexPair();
    const owner = { onDrain: () => {}, fail: () => {}, endSlowConsumer: () => {} };
    return {
      sender: new Sender(owner, stream, connectionSettings({}), false),
      peer: new WirePeer(far, 'client'),
    };
  }

  it('sends each piece as a fragment, and an empty one to end the message (RFC 6455 §5.4)', async () => {
    const { sender, peer } = make();
    const source = new MessageSource(Opcode.TEXT, ['one', 'two'], 1024);
    expect(await source.sendTo(sender, () => {})).to.equal(undefined);
    await settled();
    expect(peer.said()).to.deep.equal(['text "one" …', 'more "two" …', 'more ""']);
    expect(await outcomeOf(source.sent)).to.equal(5 + 5 + 2);
    expect(source.isUnfinished).to.equal(false);
  });

  it('takes whatever can be iterated, and nothing that is a message itself', () => {
    for (const pieces of [
      [],
      new Set(['x']),
      Readable.from([]),
      (function* () {})(),
      (async function* () {})(),
    ])
      expect(isPieces(pieces)).to.equal(true);
    for (const value of [
      'x',
      Buffer.from('x'),
      new DataView(new ArrayBuffer(1)),
      new ArrayBuffer(1),
      null,
      {},
      1,
    ])
      expect(isPieces(value)).to.equal(false);
  });
});
