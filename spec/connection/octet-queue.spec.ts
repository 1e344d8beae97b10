import { expect } from 'chai';
import { OctetQueue } from '../../lib/connection/octet-queue.js';

const texts = (buffers: readonly Buffer[] | undefined): string[] | undefined => buffers?.map(String);

function queueOf(...items: string[]): OctetQueue {
  const queue = new OctetQueue();
  for (const item of items) queue.push(Buffer.from(item));
  return queue;
}

describe('OctetQueue', () => {
  it('gives in order what was put in, and counts it', () => {
    const queue = queueOf('ab', 'cde', 'f');
    expect(queue.byteLength).to.equal(6);
    expect(texts(queue.take(100))).to.deep.equal(['ab', 'cde', 'f']);
    expect(queue.byteLength).to.equal(0);
    expect(texts(queue.take(100))).to.deep.equal([]);
  });

  it('cuts the buffer that is too long for what is asked', () => {
    const queue = queueOf('ab', 'cde', 'f');
    expect(texts(queue.take(3))).to.deep.equal(['ab', 'c']);
    expect(queue.byteLength).to.equal(3);
    expect(texts(queue.take(2))).to.deep.equal(['de']);
    queue.push(Buffer.from('g'));
    expect(texts(queue.take(2))).to.deep.equal(['f', 'g']);
  });

  it('gives the only buffer, by reference, unless it is longer than what is asked', () => {
    const octets = Buffer.from('abc');
    const queue = new OctetQueue();
    queue.push(octets);
    expect(queue.takeOnly(2)).to.equal(undefined);
    expect(queue.byteLength).to.equal(3);
    expect(queue.takeOnly(3)).to.equal(octets);
    expect(queue.byteLength).to.equal(0);
    queue.push(octets);
    queue.push(octets);
    expect(queue.takeOnly(10)).to.equal(undefined);
    expect(texts(queue.take(10))).to.deep.equal(['abc', 'abc']);
    expect(queue.byteLength).to.equal(0);
  });

  it('gives the only buffer also when others were taken before', () => {
    const queue = queueOf('a', 'b', 'c');
    expect(texts(queue.take(2))).to.deep.equal(['a', 'b']);
    expect(texts(queue.take(10))).to.deep.equal(['c']);
    queue.push(Buffer.from('d'));
    expect(String(queue.takeOnly(10))).to.equal('d');
    expect(queue.byteLength).to.equal(0);
  });

  it('gives nothing when memory was detached', () => {
    const memory = new Uint8Array(3);
    const queue = new OctetQueue();
    queue.push(Buffer.from(memory.buffer));
    structuredClone(memory.buffer, { transfer: [memory.buffer] });
    expect(queue.takeOnly(10)).to.equal(undefined);
    expect(queue.take(10)).to.equal(undefined);
  });

  it('stays in order over many more buffers than it keeps places for', () => {
    const queue = new OctetQueue();
    let put = 0;
    let got = '';
    for (let round = 0; round < 3000; round++) {
      queue.push(Buffer.from(`${String(put++)},`));
      queue.push(Buffer.from(`${String(put++)},`));
      got += texts(queue.take(round % 7))!.join('');
    }
    while (queue.byteLength > 0) got += texts(queue.take(1000))!.join('');
    expect(got).to.equal(Array.from({ length: put }, (_, i) => `${String(i)},`).join(''));
  });
});
