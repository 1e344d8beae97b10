import { expect } from 'chai';
import { MessageIterator, type MessageTaker } from '../../lib/connection/message-iterator.js';

/** Is a supply of what is there, whose takers are told by hand. */
function setUp(...there: (string | Buffer)[]) {
  const takers: MessageTaker[] = [];
  const log: string[] = [];
  const supply = {
    takeMessage: () => there.shift(),
    pull: (taker: MessageTaker) => void takers.push(taker),
    destroy: () => void log.push('destroyed'),
  };
  const iterator = new MessageIterator(supply, () => void log.push('done'));
  return { iterator, takers, log };
}

const DONE = { value: undefined, done: true };

describe('MessageIterator', () => {
  it('asks for a message only when it is asked', async () => {
    const { iterator, takers, log } = setUp();
    expect(takers.length).to.equal(0);
    const first = iterator.next();
    const second = iterator.next();
    expect(takers.length).to.equal(2);
    takers[0]!.onMessage('one');
    takers[1]!.onMessage(Buffer.from('two'));
    expect(await first).to.deep.equal({ value: 'one', done: false });
    expect(await second).to.deep.equal({ value: Buffer.from('two'), done: false });
    expect(log).to.deep.equal([]);
  });

  it('waits for no message that is there, be it empty', async () => {
    const { iterator, takers } = setUp('', Buffer.from('two'));
    expect(await iterator.next()).to.deep.equal({ value: '', done: false });
    expect(await iterator.next()).to.deep.equal({ value: Buffer.from('two'), done: false });
    expect(takers.length).to.equal(0);
    void iterator.next();
    expect(takers.length).to.equal(1);
  });

  it('takes nothing any more once it was left', async () => {
    const { iterator, takers } = setUp('one');
    await iterator.return();
    expect(await iterator.next()).to.deep.equal(DONE);
    expect(takers.length).to.equal(0);
  });

  it('is done at the end, for all who wait and all who come', async () => {
    const { iterator, takers, log } = setUp();
    const waiting = [iterator.next(), iterator.next()];
    for (const taker of takers) taker.onEnd(undefined);
    expect(await Promise.all(waiting)).to.deep.equal([DONE, DONE]);
    expect(await iterator.next()).to.deep.equal(DONE);
    expect([takers.length, log]).to.deep.equal([2, ['done']]);
  });

  it('tells of an error once', async () => {
    const { iterator, takers, log } = setUp();
    const waiting = [iterator.next(), iterator.next()];
    for (const taker of takers) taker.onEnd(new Error('gone'));
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
    expect((results[0] as PromiseRejectedResult).reason).to.have.property('message', 'gone');
    expect(await iterator.next()).to.deep.equal(DONE);
    expect(log).to.deep.equal(['done']);
  });

  it('destroys what it reads when it is left, once', async () => {
    for (const leave of [
      async (iterator: MessageIterator) => expect(await iterator.return()).to.deep.equal(DONE),
      async (iterator: MessageIterator) => {
        const error = await iterator.throw(new Error('mine')).catch((thrown: unknown) => thrown);
        expect(error).to.have.property('message', 'mine');
      },
      (iterator: MessageIterator) => iterator[Symbol.asyncDispose](),
    ]) {
      const { iterator, log } = setUp();
      await leave(iterator);
      await iterator.return();
      expect(log).to.deep.equal(['done', 'destroyed']);
      expect(await iterator.next()).to.deep.equal(DONE);
    }
  });

  it('destroys nothing that has ended', async () => {
    const { iterator, takers, log } = setUp();
    const last = iterator.next();
    takers[0]!.onEnd(undefined);
    await last;
    await iterator.return();
    expect(log).to.deep.equal(['done']);
  });

  it('can be looped over itself', () => {
    const { iterator } = setUp();
    expect(iterator[Symbol.asyncIterator]()).to.equal(iterator);
  });
});
