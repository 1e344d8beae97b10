import { expect } from 'chai';
import { ROLE_RULES, deflateWishes } from '../../lib/connection/role.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { ROLES } from '../wire-peer.js';

describe('ROLE_RULES', () => {
  it('has the client mask, end the stream second, send no keepalive pings, and offer compression', () => {
    expect(ROLE_RULES.client).to.include({
      masks: true,
      endsStreamFirst: false,
      keepalive: 0,
      perMessageDeflate: true,
      ownWindow: 'clientMaxWindowBits',
    });
  });

  it('has the server send in the clear, end the stream first, ping after 30 s, and decline compression', () => {
    expect(ROLE_RULES.server).to.include({
      masks: false,
      endsStreamFirst: true,
      keepalive: 30,
      perMessageDeflate: false,
      ownWindow: 'serverMaxWindowBits',
    });
  });

  it('has each compress as was agreed on for its side, and inflate as for the other', () => {
    const agreement = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 12,
    };
    const server = { windowBits: 10, keepsContext: false };
    const client = { windowBits: 12, keepsContext: true };
    const { client: asClient, server: asServer } = ROLE_RULES;
    expect([asClient.outgoing(agreement), asClient.incoming(agreement)]).to.deep.equal([client, server]);
    expect([asServer.outgoing(agreement), asServer.incoming(agreement)]).to.deep.equal([server, client]);
  });
});

describe('deflateWishes', () => {
  it('is by default to compress as a client, and not to as a server', () => {
    expect(deflateWishes('client', undefined)).to.include({ threshold: 1024 });
    expect(deflateWishes('server', undefined)).to.equal(undefined);
  });

  it('is as told, in both roles', () => {
    for (const role of ROLES) {
      expect(deflateWishes(role, false)).to.equal(undefined);
      expect(deflateWishes(role, true)).to.include({ serverNoContextTakeover: true, threshold: 1024 });
      expect(deflateWishes(role, { threshold: 7 })).to.include({
        clientNoContextTakeover: true,
        threshold: 7,
      });
    }
  });

  it('refuses a window that its own compressor cannot have, and lets the peer have it', () => {
    expect(() => deflateWishes('client', { clientMaxWindowBits: 8 })).to.throw(
      InvalidOptionError,
      /^clientMaxWindowBits: /,
    );
    expect(() => deflateWishes('server', { serverMaxWindowBits: 8 })).to.throw(
      InvalidOptionError,
      /^serverMaxWindowBits: /,
    );
    expect(deflateWishes('client', { serverMaxWindowBits: 8 })).to.include({ serverMaxWindowBits: 8 });
    expect(deflateWishes('server', { clientMaxWindowBits: 8 })).to.include({ clientMaxWindowBits: 8 });
  });

  it('refuses what is no option', () => {
    for (const role of ROLES)
      expect(() => deflateWishes(role, { treshold: 7 } as object)).to.throw(InvalidOptionError, /threshold/);
  });
});
