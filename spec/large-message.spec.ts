import { expect } from 'chai';
import { GROWTH_LIMIT, passMessage } from './large-message.js';

const OCTETS = 160 * 1024 * 1024;

describe('a message larger than the memory that is there for it', function () {
  this.timeout(120_000);

  for (const from of ['client', 'server'] as const) {
    for (const deflate of [false, true]) {
      it(`passes from the ${from}, ${deflate ? 'compressed' : 'plain'}, as it is`, async function () {
        const { sender, receiver } = await passMessage({ octets: OCTETS, from, deflate });
        expect(receiver.octets).to.equal(OCTETS);
        expect(receiver.sha256).to.equal(sender.sha256);
        expect(receiver.wireBytes).to.be.within(1, deflate ? OCTETS / 4 : OCTETS * 1.01);
        if (process.platform !== 'linux') return;
        expect(sender.growth, 'growth of the sender').to.be.within(1, GROWTH_LIMIT);
        expect(receiver.growth, 'growth of the receiver').to.be.within(1, GROWTH_LIMIT);
      });
    }
  }
});
