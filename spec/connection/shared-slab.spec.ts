import { expect } from 'chai';
import { SharedSlab, sharedSlab } from '../../lib/connection/shared-slab.js';

describe('SharedSlab', () => {
  it('gives parts of its octets, and the same one again for as many from the start on', () => {
    const slab = new SharedSlab();
    slab.octets.write('a frame', 0);
    const part = slab.part(0, 7);
    expect(part.toString()).to.equal('a frame');
    slab.octets.write('another', 0);
    expect(slab.part(0, 7)).to.equal(part);
    expect(part.toString()).to.equal('another');
  });

  it('gives parts from elsewhere, and long ones, as they are', () => {
    const slab = new SharedSlab();
    slab.octets.fill(0x61);
    slab.octets.fill(0x62, 10);
    for (const [start, end] of [
      [0, 256],
      [0, 257],
      [3, 12],
      [0, slab.octets.length],
    ] as const)
      expect(slab.part(start, end).equals(slab.octets.subarray(start, end)), `${start}-${end}`).to.equal(
        true,
      );
  });

  it('leaves its octets to whoever has yet to send them, parts and all', () => {
    const slab = new SharedSlab();
    slab.octets.write('old');
    slab.isTaken = true;
    const part = slab.part(0, 3);
    slab.renew();
    expect(slab.isTaken).to.equal(false);
    slab.octets.write('new');
    expect(slab.part(0, 3).toString()).to.equal('new');
    expect(part.toString()).to.equal('old');
  });

  it('is free between two turns', () => {
    expect(sharedSlab.isTaken).to.equal(false);
  });
});
