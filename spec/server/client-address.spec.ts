import { expect } from 'chai';
import fc from 'fast-check';
import { holderOf } from '../../lib/server/client-address.js';

describe('holderOf', () => {
  const addresses: readonly [string, string | undefined][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::192.0.2.7', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1::ffff:192.0.2.7', '1:0:0:0'],
    ['::1:ffff:192.0.2.7', '0:0:0:0'],
    ['fe80::1', 'fe80:0:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['febf::2', 'febf:0:0:0:0:0:0:2'],
    ['fec0::2', 'fec0:0:0:0'],
    ['', undefined],
    ['localhost', undefined],
    ['192.0.2.7:443', undefined],
    ['192.0.2.7, 198.51.100.1', undefined],
    ['[::1]', undefined],
    ['192.0.2.256', undefined],
    ['192.0.2.07', undefined],
    [' 192.0.2.7', undefined],
    ['2001:db8::1::', undefined],
  ];
  for (const [address, holder] of addresses) {
    it(`takes '${address}' for ${holder ?? 'no address'}`, () => {
      expect(holderOf(address)).to.equal(holder);
    });
  }

  it('is the same for all ways to write an address', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
        // The URL parser shortens it (RFC 5952).
        const short = new URL(`http://[${long}]`).hostname.slice(1, -1);
        expect(holderOf(short)).to.equal(holderOf(long.toUpperCase()));
      }),
    );
  });

  it('tells networks of 64 bits apart, and nothing within one', () => {
    const network = fc.array(fc.integer({ min: 1, max: 0xfdff }), { minLength: 4, maxLength: 4 });
    const host = fc.array(fc.nat({ max: 0xffff }), { minLength: 4, maxLength: 4 });
    const write = (...groups: number[][]): string =>
      groups
        .flat()
        .map((group) => group.toString(16))
        .join(':');
    fc.assert(
      fc.property(network, network, host, host, (one, other, first, second) => {
        expect(holderOf(write(one, first))).to.equal(holderOf(write(one, second)));
        if (write(one) !== write(other))
          expect(holderOf(write(one, first))).to.not.equal(holderOf(write(other, first)));
      }),
    );
  });
});
