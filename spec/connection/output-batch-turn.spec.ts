import { expect } from 'chai';
import { OutputBatch } from '../../lib/connection/output-batch.js';
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
});
