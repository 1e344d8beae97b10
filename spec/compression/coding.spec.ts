import { expect } from 'chai';
import { SYNC_BYTES, clientCoding, serverCoding } from '../../lib/compression/coding.js';

describe('serverCoding, clientCoding', () => {
  const base = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 12,
  };

  it('tell what was agreed on about the messages of each side', () => {
    expect(serverCoding(base)).to.deep.equal({ windowBits: 10, keepsContext: true });
    expect(clientCoding(base)).to.deep.equal({ windowBits: 12, keepsContext: true });
  });

  it('keep no context where the parameter of that side says so', () => {
    const server = { ...base, serverNoContextTakeover: true };
    expect([serverCoding(server), clientCoding(server)].map((coding) => coding.keepsContext)).to.deep.equal([
      false,
      true,
    ]);
    const client = { ...base, clientNoContextTakeover: true };
    expect([serverCoding(client), clientCoding(client)].map((coding) => coding.keepsContext)).to.deep.equal([
      true,
      false,
    ]);
  });
});

describe('SYNC_BYTES', () => {
  it('is what docs/guide/compression.md says', () => {
    expect(SYNC_BYTES).to.equal(32 * 1024);
  });
});
