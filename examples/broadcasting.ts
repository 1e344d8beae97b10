/* Broadcasting: one message to many connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

// #region room
const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
registry.live('/room/bow', (...[connection, type, message]) => {
  if (type !== 'text') return;
  // To everybody in this room but the sender; framed once, whatever their number.
  const count = registry.broadcast('text', message, { path: '/room/bow', except: connection });
  connection.send('text', `heard by ${count}`);
});
// #endregion

registry.live('/room/stern');
const { port } = registry.address() as AddressInfo;
const [ann, bob, eve] = await Promise.all([
  WebSocketClient.open(`ws://127.0.0.1:${port}/room/bow`),
  WebSocketClient.open(`ws://127.0.0.1:${port}/room/bow`),
  WebSocketClient.open(`ws://127.0.0.1:${port}/room/stern`),
]);
ann.send('text', 'cast off');
const [heard, answer] = await Promise.all([once(bob, 'text'), once(ann, 'text')]);
assert.deepEqual([heard, answer], [['cast off'], ['heard by 1']]);

// #region all
const octets = Buffer.from('to all hands');
registry.broadcast('binary', octets); // all connections of the registry; do not change octets afterwards
// #endregion
assert.deepEqual(await once(eve, 'binary'), [octets]);
await registry.close();
