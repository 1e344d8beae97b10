import { expect } from 'chai';
import {
  ACCEPT_GUID,
  CloseCode,
  DEFAULT_REASONS,
  DEFAULTS,
  MAX_CLOSE_REASON,
  Opcode,
} from '../../lib/protocol/constants.js';

describe('constants', () => {
  it('number the opcodes as RFC 6455 §5.2 does', () => {
    expect(Object.values(Opcode)).to.deep.equal([0x0, 0x1, 0x2, 0x8, 0x9, 0xa]);
  });

  it('have a reason for every known code but the one that stands for none', () => {
    const known = Object.values(CloseCode).filter((code) => code !== CloseCode.NO_STATUS_RECEIVED);
    expect(Object.keys(DEFAULT_REASONS).map(Number)).to.have.members(known);
  });

  it('have reasons that fit a Close frame', () => {
    for (const reason of Object.values(DEFAULT_REASONS)) {
      expect(Buffer.byteLength(reason)).to.be.within(1, MAX_CLOSE_REASON);
    }
  });

  it('have the GUID of RFC 6455 §1.3', () => {
    expect(ACCEPT_GUID).to.equal('258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
  });

  it('have the limits in octets that docs/limits.md promises', () => {
    expect(DEFAULTS).to.include({
      maxMessageBytes: 16_777_216,
      deflateThreshold: 1_024,
      maxUnfinishedBytes: 268_435_456,
      softBacklogBytes: 1_048_576,
      hardBacklogBytes: 16_777_216,
      maxBacklogBytes: 268_435_456,
      maxQueuedBytes: 65_536,
      maxTurnBytes: 65_536,
      slowestLinkBytesPerSecond: 65_536,
      maxResponseHeaderBytes: 16_384,
      maxResponseBodyBytes: 1_048_576,
    });
  });

  it('cannot be changed by anybody', () => {
    expect(DEFAULTS).to.satisfy(Object.isFrozen);
    expect(DEFAULT_REASONS).to.satisfy(Object.isFrozen);
  });
});
