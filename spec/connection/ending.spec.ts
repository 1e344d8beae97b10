import { expect } from 'chai';
import { Ending } from '../../lib/connection/ending.js';
import { ConnectionClosedError } from '../../lib/errors.js';

describe('Ending', () => {
  it('is that of a stream that broke, as long as no Close came', () => {
    const ending = new Ending();
    expect(ending.outcome).to.deep.equal({ code: 1006, reason: '', wasClean: false });
    ending.sentCode = 1000;
    expect(ending.outcome).to.deep.equal({ code: 1006, reason: '', wasClean: false });
  });

  it('is clean once both Close frames were seen, and ours was taken', () => {
    const ending = new Ending();
    ending.received = { code: 4000, reason: 'bye' };
    expect(ending.outcome).to.deep.equal({ code: 4000, reason: 'bye', wasClean: false });
    ending.sentCode = 4000;
    expect(ending.outcome).to.deep.equal({ code: 4000, reason: 'bye', wasClean: true });
    ending.isCut = true;
    expect(ending.outcome).to.deep.equal({ code: 4000, reason: 'bye', wasClean: false });
  });

  it('makes an error of both codes, with its cause', () => {
    const ending = new Ending();
    const plain = ending.closedError();
    expect(plain).to.be.instanceOf(ConnectionClosedError);
    expect([plain.code, 'cause' in plain]).to.deep.equal(['ERR_WS_CONNECTION_CLOSED', false]);
    ending.sentCode = 1002;
    ending.failure = new Error('a rule was broken');
    const { receivedCode, sentCode, wasClean, cause } = ending.closedError();
    expect([receivedCode, sentCode, wasClean, cause]).to.deep.equal([1006, 1002, false, ending.failure]);
  });
});
