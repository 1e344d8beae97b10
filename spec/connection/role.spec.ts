import { expect } from 'chai';
import { ROLE_RULES } from '../../lib/connection/role.js';

describe('ROLE_RULES', () => {
  it('has the client mask, end the stream second, and send no keepalive pings', () => {
    expect(ROLE_RULES.client).to.deep.equal({ masks: true, endsStreamFirst: false, keepalive: 0 });
  });

  it('has the server send in the clear, end the stream first, and ping after 30 s', () => {
    expect(ROLE_RULES.server).to.deep.equal({ masks: false, endsStreamFirst: true, keepalive: 30 });
  });
});
