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
    const owner = { onDrain: () => {}, onRest: () => {}, fail: () => {}, endSlowConsumer: () => {} };
    return {
      sender: new Sender(owner, stream, connectionSettings({}), false),
      peer: new WirePeer(far, 'client'),
    };
  }

  it('sends each piece as a fragment, and an empty one to end the message (RFC 6455 §5.4)', async () => {
    const { sender, peer } = make();
    const source = new MessageSource(Opcode.TEXT, ['one', 'two'], 1024);
    expect(await source.sendTo({ sender }, () => {})).to.equal(undefined);
    await settled();
    expect(peer.said()).to.deep.equal(['text "one" …', 'more "two" …', 'more ""']);
    expect(await outcomeOf(source.sent)).to.equal(5 + 5 + 2);
    expect(source.isUnfinished).to.equal(false);
  });

  /** Gives pieces, and counts how often it was asked for an iterator, for a piece, and to end. */
  function counted(pieces: readonly string[]): { pieces: Iterable<string>; counts: Record<string, number> } {
    const counts = { iterators: 0, pieces: 0, ends: 0 };
    const iterable = {
      [Symbol.iterator](): Iterator<string> {
        counts.iterators += 1;
        return {
          next: () => {
            counts.pieces += 1;
            const value = pieces[counts.pieces - 1];
            return value === undefined ? { done: true, value } : { done: false, value };
          },
          return: () => {
            counts.ends += 1;
            return { done: true, value: undefined };
          },
        };
      },
    };
    return { pieces: iterable, counts };
  }

  it('asks for no piece before it is sent, and for none behind the last', async () => {
    const { sender } = make();
    const { pieces, counts } = counted(['a', 'b']);
    const source = new MessageSource(Opcode.TEXT, pieces, 1024);
    await settled();
    expect(counts).to.deep.equal({ iterators: 0, pieces: 0, ends: 0 });
    await source.sendTo({ sender }, () => {});
    expect(counts).to.deep.equal({ iterators: 1, pieces: 3, ends: 0 });
  });

  it('cancels once, with the first reason, and sends nothing then', async () => {
    const { sender, peer } = make();
    const { pieces, counts } = counted(['a']);
    const source = new MessageSource(Opcode.TEXT, pieces, 1024);
    const reasons = [new Error('first'), new Error('second')];
    for (const reason of reasons) source.cancel(reason);
    expect(await outcomeOf(source.sent)).to.equal(reasons[0]);
    expect(await source.sendTo({ sender }, () => {})).to.equal(reasons[0]);
    await settled();
    expect(counts).to.deep.equal({ iterators: 1, pieces: 0, ends: 1 });
    expect(peer.frames()).to.deep.equal([]);
    expect(source.isUnfinished).to.equal(false);
  });

  it('drops a message, and ends its source', async () => {
    const { pieces, counts } = counted(['a']);
    const source = new MessageSource(Opcode.TEXT, pieces, 1024);
    source.drop();
    expect(await outcomeOf(source.sent)).to.equal(0);
    expect(counts).to.deep.equal({ iterators: 1, pieces: 0, ends: 1 });
  });

  it('sends no frame once it is cancelled just before it', async () => {
    const { sender, peer } = make();
    const { pieces, counts } = counted(['a', 'b', 'c']);
    const source = new MessageSource(Opcode.TEXT, pieces, 1024);
    const reason = new Error('enough');
    let frames = 0;
    const error = await source.sendTo({ sender }, () => {
      frames += 1;
      if (frames === 2) source.cancel(reason);
    });
    expect(error).to.equal(reason);
    expect(await outcomeOf(source.sent)).to.equal(reason);
    expect(source.isUnfinished).to.equal(true);
    expect(counts['ends']).to.equal(1);
    await settled();
    expect(peer.said()).to.deep.equal(['text "a" …']);
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
