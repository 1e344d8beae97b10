import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Connection } from '../../lib/takeover.js';

describe('Connection: the ends of its socket', () => {
  let server: Server;
  let near: Socket;
  let far: Socket;
  let connection: Connection;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [near] = (await once(server, 'connection')) as [Socket];
    connection = Connection.takeover(near, { server: true });
    connection.on('error', () => {});
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  it('are known while it is open', () => {
    const { address, port } = far.address() as AddressInfo;
    expect([connection.remoteAddress, connection.remotePort]).to.deep.equal([address, port]);
    expect([connection.peername, connection.sockname]).to.deep.equal([address, '127.0.0.1']);
  });

  it('are known when it was closed, though nobody asked before', async () => {
    const { port } = far.address() as AddressInfo;
    await once(connection, 'connect');
    const closed = new Promise((resolve) => connection.on('close', resolve));
    far.resume();
    far.end(Buffer.from('888000000000', 'hex'));
    await closed;
    expect(near.destroyed).to.equal(true);
    const { remoteAddress, remotePort, sockname } = connection;
    expect([remoteAddress, remotePort, sockname]).to.deep.equal(['127.0.0.1', port, '127.0.0.1']);
  });

  for (const isAsked of [true, false]) {
    const what = isAsked ? 'include' : 'are empty for';
    it(`${what} a peer that has reset the connection, if ${isAsked ? 'some' : 'no'}body asked before`, async () => {
      const { port } = far.address() as AddressInfo;
      await once(connection, 'connect');
      if (isAsked) expect(connection.peername).to.equal('127.0.0.1');
      const closed = new Promise((resolve) => connection.on('close', resolve));
      connection.resume();
      far.resetAndDestroy();
      await closed;
      const { remoteAddress, remotePort, sockname } = connection;
      const expected = isAsked ? ['127.0.0.1', port, '127.0.0.1'] : ['', 0, ''];
      expect([remoteAddress, remotePort, sockname]).to.deep.equal(expected);
    });
  }
});
