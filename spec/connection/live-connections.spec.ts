import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { findConnections } from '../../lib/connection/live-connections.js';
import { Connection } from '../../lib/takeover.js';
import { ROLES, settled, unwire, wire, wireUp } from '../wire-peer.js';

/** Makes what `find` looks at. */
function remote(remoteName: string, remoteAddress: string, remotePort: number): Connection {
  return { remoteName, remoteAddress, remotePort } as Connection;
}

describe('findConnections (websocket(n): find)', () => {
  const named = remote('echo.example', '192.0.2.7', 443);
  const plain = remote('', '198.51.100.1', 50_123);
  const six = remote('', '2001:db8::1', 8080);
  const nowhere = remote('', '', 0);
  const all = [named, plain, six, nowhere];

  for (const [host, port, found] of [
    [undefined, undefined, all],
    ['*', '*', all],
    ['*.example', undefined, [named]],
    ['192.0.2.7', undefined, [named]],
    ['192.*', undefined, [named]],
    ['19?.*', undefined, [named, plain]],
    ['[2]*', undefined, [six]],
    ['2001:db8::1', '8080', [six]],
    ['', undefined, [nowhere]],
    ['ECHO.example', undefined, []],
    [undefined, 443, [named]],
    [undefined, '443', [named]],
    [undefined, '5*', [plain]],
    [undefined, 44, []],
    [undefined, 0, [nowhere]],
    ['*', '[48]*', [named, six]],
    ['192.*', '8080', []],
  ] as const) {
    it(`finds ${found.length} for ${JSON.stringify(host)} and ${JSON.stringify(port)}`, () => {
      expect(findConnections(host, port, all)).to.deep.equal(found);
    });
  }

  it('throws for globs that are no strings, and ports that are no whole numbers', () => {
    for (const host of [null, 1, {}, /x/]) {
      expect(() => findConnections(host as unknown as string, undefined)).to.throw(
        InvalidOptionError,
        /^host/,
      );
    }
    for (const port of [null, 1.5, -1, {}, NaN]) {
      expect(() => findConnections(undefined, port as number)).to.throw(InvalidOptionError, /^port/);
    }
  });

  describe('in the whole process', () => {
    afterEach(unwire);

    for (const role of ROLES) {
      it(`knows connections in the ${role} role from their take-over until their stream is gone`, async () => {
        const { connection, peer } = wire(role);
        expect(Connection.find()).to.include(connection);
        await settled();
        expect(Connection.find('', 0)).to.include(connection);
        expect(Connection.find('nobody')).not.to.include(connection);
        peer.answerClose(1000);
        await settled();
        expect(Connection.find()).not.to.include(connection);
      });

      it(`forgets connections in the ${role} role that are destroyed`, async () => {
        const { connection } = await wireUp(role);
        connection.destroy();
        expect(Connection.find()).not.to.include(connection);
      });
    }

    it('finds a name that was given later', async () => {
      const { connection } = await wireUp('server');
      Object.defineProperty(connection, 'remoteName', { value: 'given.example' });
      expect(Connection.find('given.*')).to.deep.equal([connection]);
      expect(connection.peername).to.equal('given.example');
      expect(connection.conninfo('peername')).to.equal('given.example');
    });
  });
});
