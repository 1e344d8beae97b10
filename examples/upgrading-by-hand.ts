/* Testing and upgrading by hand: the caller decides between the two, and answers when it likes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

// #region upgrade
const httpServer = createServer();
const registry = new ServerRegistry({ handshakeTimeoutMs: 2_000 });
registry.server(httpServer); // made known, not attached: its upgrades stay ours
registry.live(httpServer, '/chat/*');

httpServer.on('upgrade', (request, socket, head) => {
  if (!registry.test(httpServer, request, socket, head)) {
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  // The socket waits now; its errors are caught, and it is refused at the deadline.
  if (request.headers.authorization === undefined) registry.reject(socket, { status: 401 });
  else registry.upgrade(socket).send('text', 'Welcome aboard');
});
// #endregion

httpServer.listen(0, '127.0.0.1');
await once(httpServer, 'listening');
const url = `ws://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;

const client = await WebSocketClient.open(`${url}/chat/lobby`, { auth: 'ann:secret' });
assert.deepEqual(await once(client, 'text'), ['Welcome aboard']);
await assert.rejects(WebSocketClient.open(`${url}/chat/lobby`), { statusCode: 401 });
await assert.rejects(WebSocketClient.open(`${url}/elsewhere`), { statusCode: 404 });

await registry.close();
httpServer.close();
