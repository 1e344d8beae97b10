import { expect } from 'chai';
import { OutputBatch } from '../../lib/connection/output-batch.js';
import { sharedSlab } from '../../lib/connection/shared-slab.js';
import { joinRound } from '../../lib/connection/write-round.js';
import { plainSocket } from './plain-socket.js';

describe('OutputBatch: a turn on a plain socket', () => {
  const OWNER = {
    awaitsProgress: false,
    batchOnProgress: () => {},
    batchOnShared: () => {},
    batchOnRest: () => {},
  };

  /** Makes a batch, and counts the octets of each write. */
  function make(): { batch: OutputBatch; writes: number[] } {
    const { socket } = plainSocket();
    const writes: number[] = [];
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      writes.push((args[0] as Buffer).length);
      return write(...args);
    };
    return { batch: new OutputBatch(socket, OWNER), writes };
  }

  it('is one write, after which nothing is under way', () => {
    const { batch, writes } = make();
    batch.beginTurn();
    for (const length of [3, 4, 5]) batch.reserve(length);
    expect(writes).to.deep.equal([]);
    expect(batch.endTurn()).to.equal(true);
    expect([writes, batch.takenBytes]).to.deep.equal([[12], 12]);
  });

  it('is none when nothing was sent, or all of it has left already', () => {
    const { batch, writes } = make();
    batch.beginTurn();
    expect(batch.endTurn()).to.equal(true);
    expect(writes).to.deep.equal([]);
    batch.beginTurn();
    batch.reserve(10);
    batch.append(Buffer.alloc(64 * 1024));
    batch.flushIfLarge();
    const flushed = [...writes];
    expect(flushed.filter((length) => length > 0)).to.deep.equal([10, 64 * 1024]);
    batch.endTurn();
    expect(writes).to.deep.equal(flushed);
  });

  it('need not be for several frames to leave as one, without a slab of their own', async () => {
    const { socket, taken, hold, release } = plainSocket();
    const batch = new OutputBatch(socket, OWNER);
    const send = async (...texts: string[]): Promise<void> => {
      for (const text of texts) {
        const start = batch.reserve(text.length);
        batch.slab.write(text, start, 'latin1');
      }
      expect([batch.slab === sharedSlab.octets, sharedSlab.isTaken]).to.deep.equal([true, true]);
      await new Promise<void>((resolve) => process.nextTick(resolve));
      expect(sharedSlab.isTaken).to.equal(false);
    };
    const sent = (): string[] => taken.splice(0).map((octets) => octets.toString('latin1'));
    await send('one ', 'two ', 'three ');
    expect([sent(), batch.isAtRest]).to.deep.equal([['one two three '], true]);
    // Nobody may write over what the socket keeps.
    hold();
    await send('four ', 'five ');
    sharedSlab.octets.fill('x', 0, 20);
    release();
    expect(sent()).to.deep.equal(['four five ']);
  });

  it('leaves the slab of all to others when the tick ends, also if the socket takes nothing more', async () => {
    const { socket, taken, hold, release } = plainSocket();
    const batch = new OutputBatch(socket, OWNER);
    const put = (text: string): void => {
      const start = batch.reserve(text.length);
      batch.slab.write(text, start, 'latin1');
    };
    hold();
    put('one ');
    put('two ');
    batch.append(Buffer.alloc(64 * 1024, 'x'));
    batch.flushIfLarge();
    put('three');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(sharedSlab.isTaken).to.equal(false);
    sharedSlab.octets.fill('-', 0, 20);
    release();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(Buffer.concat(taken).toString('latin1').replace(/x+/, 'x ')).to.equal('one two x three');
  });

  it('that cost much waits for those of others, and then is one write', async () => {
    const round = () => new Promise<void>((resolve) => setImmediate(resolve));
    const join = () => joinRound({ onTick: () => {} });
    await round();
    // Turns that do not wait may be left from other specs.
    while (!join() || !join());
    await round();
    const { batch, writes } = make();
    const other = make();
    for (const { batch: own, writes: made } of [{ batch, writes }, other]) {
      own.beginTurn();
      for (const length of [3, 4]) own.reserve(length);
      expect(own.endTurn(true)).to.equal(false);
      expect(made).to.deep.equal([]);
    }
    expect([batch.isAtRest, batch.backlog]).to.deep.equal([false, 7]);
    await round();
    expect([writes, other.writes]).to.deep.equal([[7], [7]]);
    expect([batch.isAtRest, batch.backlog, batch.takenBytes]).to.deep.equal([true, 0, 7]);
  });

  it('that cost much is written before what is to leave at once', async () => {
    const { batch, writes } = make();
    for (let turn = 0; turn < 40; turn++) {
      batch.beginTurn();
      batch.reserve(3);
      batch.endTurn(true);
      batch.append(Buffer.alloc(5));
      batch.flush();
      expect(writes.splice(0).reduce((sum, length) => sum + length)).to.equal(8);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(writes).to.deep.equal([]);
    }
  });
});
