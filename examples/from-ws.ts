/* Coming from ws: the same programs in both libraries, talking to each other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

// #region ws-server
import { WebSocket, WebSocketServer as WsServer } from 'ws';

const wss = new WsServer({ port: 0, host: '127.0.0.1', maxPayload: 1024 * 1024 });
wss.on('connection', (socket) => {
  socket.on('error', console.error); // without it, one bad frame ends the process
  socket.on('message', (data, isBinary) => {
    for (const other of wss.clients) {
      if (other.readyState === WebSocket.OPEN) other.send(data, { binary: isBinary });
    }
  });
});
// #endregion

// #region hawser-server
const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1', maxMessageBytes: 1024 * 1024 });
registry.on('connection', (connection) => {
  connection.on('text', (text) => registry.broadcast('text', text));
  connection.on('binary', (data) => registry.broadcast('binary', data));
});
// #endregion

if (wss.address() === null) await once(wss, 'listening');
const wsUrl = `ws://127.0.0.1:${(wss.address() as AddressInfo).port}/`;
const hawserUrl = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}/`;

const heard: string[] = [];
{
  const url = hawserUrl;
  // #region ws-client
  const socket = new WebSocket(url);
  socket.on('open', () => socket.send('hello'));
  socket.on('message', (data) => {
    heard.push((data as Buffer).toString());
    socket.close(1000, 'done');
  });
  // #endregion
  await once(socket, 'close');
}
{
  const url = wsUrl;
  // #region hawser-client
  const connection = new WebSocketClient(url);
  connection.on('connect', () => connection.send('text', 'hello'));
  connection.on('text', (text) => {
    heard.push(text);
    connection.close(1000, 'done');
  });
  // #endregion
  await once(connection, 'close');
}
assert.deepEqual(heard, ['hello', 'hello']);

wss.close();
await registry.close();
