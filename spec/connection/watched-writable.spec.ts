import { expect } from 'chai';
import { WatchedWritable } from '../../lib/connection/watched-writable.js';
import { settled } from '../wire-peer.js';

class Watched extends WatchedWritable {
  readonly written: string[] = [];
  #release: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false, read() {} });
  }

  get said(): [isQueueEmpty: boolean, isEnded: boolean] {
    return [this.isQueueEmpty, this.isEnded];
  }

  release(): void {
    this.#release?.();
  }

  override _write(chunk: string, _encoding: string, callback: () => void): void {
    this.written.push(chunk);
    this.#release = callback;
  }

  protected override endForListener(): void {}

  protected override reportError(): boolean {
    return true;
  }
}

describe('WatchedWritable', () => {
  it('is empty and open as long as nobody uses it', async () => {
    const stream = new Watched();
    expect(stream.said).to.deep.equal([true, false]);
    await settled();
    expect(stream.said).to.deep.equal([true, false]);
  });

  it('is not empty until what was written is taken', async () => {
    const stream = new Watched();
    stream.write('a');
    stream.write('b');
    expect(stream.said).to.deep.equal([false, false]);
    stream.release();
    await settled(1);
    expect(stream.said).to.deep.equal([false, false]);
    stream.release();
    await settled(1);
    expect(stream.said).to.deep.equal([true, false]);
    expect(stream.written).to.deep.equal(['a', 'b']);
  });

  it('is not empty while corked, though nothing was written', () => {
    const stream = new Watched();
    stream.cork();
    expect(stream.said).to.deep.equal([false, false]);
    stream.uncork();
    expect(stream.said).to.deep.equal([true, false]);
  });

  it('is ended at once, with a chunk and a callback or without', async () => {
    const stream = new Watched();
    stream.end();
    expect(stream.said).to.deep.equal([true, true]);
    const other = new Watched();
    let isFinished = false;
    expect(other.end('a', () => (isFinished = true))).to.equal(other);
    expect(other.said).to.deep.equal([false, true]);
    other.release();
    await settled();
    expect(isFinished).to.equal(true);
  });
});
