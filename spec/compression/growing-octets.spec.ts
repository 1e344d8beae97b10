import { expect } from 'chai';
import { GrowingOctets } from '../../lib/compression/growing-octets.js';
import { noise } from '../protocol/wire.js';

const MiB = 1024 * 1024;

describe('GrowingOctets', () => {
  it('gives what was pushed, in order, in a buffer that keeps its size', () => {
    const pieces = [1, 255, 0, 70_000, 300_000, 5].map((length) => noise(length));
    const octets = new GrowingOctets();
    let length = 0;
    for (const piece of pieces) {
      octets.push(piece);
      expect(octets.length).to.equal((length += piece.length));
    }
    const taken = octets.take();
    expect(taken.equals(Buffer.concat(pieces))).to.equal(true);
    expect((taken.buffer as { resizable?: boolean }).resizable).to.equal(false);
    expect([taken.byteOffset, taken.buffer.byteLength]).to.deep.equal([0, length]);
  });

  it('copies: what was pushed may change', () => {
    const octets = new GrowingOctets();
    const piece = Buffer.from('abc');
    octets.push(piece);
    piece.fill(0);
    expect(octets.take().toString()).to.equal('abc');
  });

  it('is empty again once it was taken or cleared', () => {
    const octets = new GrowingOctets();
    expect(octets.take()).to.have.length(0);
    octets.push(Buffer.from('abc'));
    octets.clear();
    expect(octets.length).to.equal(0);
    octets.push(Buffer.from('de'));
    expect(octets.take().toString()).to.equal('de');
    expect(octets.take()).to.have.length(0);
  });

  it('grows past the room it has set aside at first', () => {
    const octets = new GrowingOctets();
    const piece = noise(3 * MiB);
    for (let count = 0; count < 7; count++) octets.push(piece);
    const taken = octets.take();
    expect(taken).to.have.length(21 * MiB);
    for (let at = 0; at < taken.length; at += piece.length) {
      expect(taken.subarray(at, at + piece.length).equals(piece), String(at)).to.equal(true);
    }
  });
});
