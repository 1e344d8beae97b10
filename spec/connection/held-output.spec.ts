import { expect } from 'chai';
import { HeldOutput } from '../../lib/connection/held-output.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';

describe('HeldOutput', () => {
  it('counts what waits, in the queue and for the end of a message in fragments', () => {
    const held = new HeldOutput();
    expect([held.byteLength, held.fragmented.isIdle]).to.deep.equal([0, true]);
    const messages = [new PreparedMessage('text', 'four'), new PreparedMessage('binary', Buffer.alloc(6))];
    for (const message of messages) held.defer(message);
    held.queuedBytes += 5;
    expect([held.deferredBytes, held.byteLength]).to.deep.equal([10, 15]);
    expect(held.takeDeferred()).to.deep.equal(messages);
    expect([held.takeDeferred(), held.byteLength]).to.deep.equal([[], 5]);
  });

  it('gives what waits for something once', () => {
    const held = new HeldOutput();
    const call = { run: () => {}, fail: () => {} };
    const compressing = (): void => {};
    held.call = call;
    held.compressing = compressing;
    expect([held.takeCall(), held.takeCall()]).to.deep.equal([call, undefined]);
    expect([held.takeCompressing(), held.takeCompressing()]).to.deep.equal([compressing, undefined]);
  });
});
