import { expect } from 'chai';
import { once } from 'node:events';
import { Loopback, WAYS } from '../loopback.js';
import { certificates } from '../certificates.js';
import { ServerRegistry } from '../../lib/server/server-registry.js';
import { WebSocketClient } from '../../lib/client/websocket-client.js';

describe('ServerRegistry', () => {
  for (const way of WAYS) {
    it(`connects ${way.name}`, async () => {
      const { ca } = await certificates();
      const http = await Loopback.http(way);
      const registry = new ServerRegistry().attach(http.server);
      registry.on('connection', (connection) =>
        connection.on('text', (text) => connection.send('text', text)),
      );
      const client = await WebSocketClient.open(http.url('/a?b=c'), { ca });
      client.send('text', 'hello');
      expect(await once(client, 'text')).to.deep.equal(['hello']);
      await registry.drain();
      await http.close();
    });
  }
});
