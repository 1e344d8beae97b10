import { expect } from 'chai';
import { Duplex } from 'node:stream';
import sinon from 'sinon';
import { OutputBatch } from '../../lib/connection/output-batch.js';
import { SharedOctets } from '../../lib/connection/shared-octets.js';
import { plainSocket, type PlainSocket } from './plain-socket.js';

interface Fixture extends PlainSocket {
  readonly batch: OutputBatch;
  /** Octets that were said to be shared and to wait, and their end. */
  readonly told: [octets: Buffer, end: number][];
}

const shared = (text: string): SharedOctets => new SharedOctets(Buffer.from(text));
const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

describe('OutputBatch: octets that others get too', () => {
  const opened: PlainSocket[] = [];

  afterEach(() => {
    sinon.restore();
    for (const { socket } of opened.splice(0)) socket.destroy();
  });

  function make(): Fixture {
    const plain = plainSocket();
    opened.push(plain);
    const told: Fixture['told'] = [];
    const batch = new OutputBatch(plain.socket, {
      awaitsProgress: false,
      batchOnProgress: () => {},
      batchOnShared: (octets, end) => told.push([octets, end]),
      batchOnRest: () => {},
    });
    return { ...plain, batch, told };
  }

  function put(batch: OutputBatch, text: string): void {
    const start = batch.reserve(text.length);
    batch.slab.write(text, start);
  }

  it('leave at the end of the turn, by reference', async () => {
    const { batch, taken } = make();
    const octets = shared('a');
    expect(batch.share(octets, false)).to.equal(true);
    expect([taken.length, batch.backlog, batch.totalBytes, batch.lightBytes]).to.deep.equal([0, 1, 1, 1]);
    await nextTick();
    expect(taken).to.have.length(1);
    expect(taken[0]).to.equal(octets.octets);
    expect([batch.backlog, batch.takenBytes, batch.lightBytes]).to.deep.equal([0, 1, 0]);
  });

  it('leave in one buffer, the same for all that send the same', async () => {
    const all = [make(), make(), make()];
    const messages = [shared('a'), shared('b'), shared('c')];
    for (const message of messages) for (const { batch } of all) batch.share(message, false);
    await nextTick();
    for (const { taken } of all) expect(taken.map(String)).to.deep.equal(['abc']);
    expect(all[0]!.taken[0]).to.equal(all[1]!.taken[0]);
    expect(all[0]!.taken[0]).to.equal(all[2]!.taken[0]);
  });

  it('leave at once where no others are expected', () => {
    const { batch, taken } = make();
    expect(batch.share(shared('a'), true)).to.equal(true);
    expect(taken.map(String)).to.deep.equal(['a']);
    expect([batch.totalBytes, batch.takenBytes, batch.backlog]).to.deep.equal([1, 1, 0]);
  });

  it('keep their place among all else', async () => {
    const { batch, taken } = make();
    put(batch, '1');
    expect(batch.share(shared('2'), true)).to.equal(false);
    put(batch, '3');
    batch.append(Buffer.from('4'));
    expect(batch.share(shared('5'), false)).to.equal(false);
    await nextTick();
    expect(batch.share(shared('6'), false)).to.equal(true);
    put(batch, '7');
    expect(batch.share(shared('8'), true)).to.equal(false);
    await nextTick();
    batch.share(shared('9'), false);
    batch.share(shared('A'), false);
    batch.append(Buffer.from('B'));
    await nextTick();
    expect(Buffer.concat(taken).toString()).to.equal('123456789AB');
    expect(batch.totalBytes).to.equal(11);
  });

  it('wait for the end of a read callback', () => {
    const { batch, taken } = make();
    batch.beginTurn();
    batch.share(shared('a'), true);
    batch.share(shared('b'), true);
    expect(taken).to.deep.equal([]);
    batch.endTurn();
    expect(taken.map(String)).to.deep.equal(['ab']);
  });

  it('wait behind what the socket has not taken', async () => {
    const { batch, taken, hold, release } = make();
    hold();
    batch.share(shared('a'), true);
    expect(batch.isStalled).to.equal(true);
    expect(batch.lightBytes).to.equal(Infinity);
    batch.share(shared('b'), true);
    batch.share(shared('c'), true);
    await nextTick();
    expect([batch.backlog, batch.takenBytes, batch.totalBytes]).to.deep.equal([3, 0, 3]);
    release();
    await nextTick();
    expect(taken.map(String)).to.deep.equal(['a', 'bc']);
    await nextTick();
    expect([batch.backlog, batch.takenBytes, batch.isStalled]).to.deep.equal([0, 3, false]);
  });

  it('wait behind octets of others', () => {
    const { batch, taken, socket, hold } = make();
    hold();
    socket.write('other');
    batch.share(shared('a'), true);
    expect(taken).to.deep.equal([]);
    expect([socket.writableLength, batch.backlog]).to.deep.equal([5, 6]);
  });

  it('are told of when they wait', async () => {
    const { batch, told, hold } = make();
    const [first, second] = [shared('aa'), shared('b')];
    batch.share(first, true);
    expect(told).to.deep.equal([]);
    hold();
    batch.share(second, true);
    expect(told).to.deep.equal([[second.octets, 3]]);
    const other = make();
    other.batch.share(first, false);
    put(other.batch, 'x');
    other.batch.append(Buffer.from('y'));
    expect(other.told).to.deep.equal([[first.octets, 2]]);
    await nextTick();
    expect(other.told).to.have.length(1);
  });

  it('go in slices, and in order, where they are many', async () => {
    const { batch, taken } = make();
    const [small, large] = [shared('a'), new SharedOctets(Buffer.alloc(300 * 1024, 'b'))];
    expect(batch.share(small, false)).to.equal(true);
    expect(batch.share(large, false)).to.equal(false);
    batch.flushIfLarge();
    expect(batch.share(large, true)).to.equal(false);
    await nextTick();
    expect(Buffer.concat(taken).equals(Buffer.concat([small.octets, large.octets, large.octets]))).to.equal(
      true,
    );
    expect(Math.max(...taken.map(({ length }) => length))).to.equal(256 * 1024);
    const alone = make();
    expect(alone.batch.share(new SharedOctets(Buffer.alloc(65 * 1024)), true)).to.equal(true);
    expect(alone.taken).to.deep.equal([]);
  });

  it('go nowhere once the stream ends, or is gone', async () => {
    for (const finish of [
      ({ batch }: Fixture) => batch.end(() => {}),
      ({ batch }: Fixture) => batch.discard(() => new Error('gone')),
    ]) {
      const fixture = make();
      finish(fixture);
      fixture.batch.share(shared('a'), true);
      fixture.batch.share(shared('a'), false);
      await nextTick();
      expect(fixture.taken).to.deep.equal([]);
      expect(fixture.batch.totalBytes).to.equal(0);
    }
    const fixture = make();
    fixture.batch.share(shared('a'), false);
    fixture.socket.destroy();
    const write = sinon.spy(fixture.socket, 'write');
    fixture.batch.share(shared('b'), true);
    await nextTick();
    expect(write.callCount).to.equal(0);
    expect(fixture.taken).to.deep.equal([]);
    expect(fixture.batch.backlog).to.equal(0);
    const destroyed = make();
    destroyed.socket.destroy();
    const late = sinon.spy(destroyed.socket, 'write');
    destroyed.batch.share(shared('a'), true);
    await nextTick();
    expect(late.callCount).to.equal(0);
  });

  it('leave at the end of the turn on any other stream: one in memory may read within the write', async () => {
    const taken: string[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, callback) {
        taken.push(chunk.toString());
        callback();
      },
    });
    const batch = new OutputBatch(stream, {
      awaitsProgress: false,
      batchOnProgress: () => {},
      batchOnShared: () => {},
      batchOnRest: () => {},
    });
    batch.share(shared('a'), true);
    expect(taken).to.deep.equal([]);
    await nextTick();
    expect(taken).to.deep.equal(['a']);
    stream.destroy();
  });
});
