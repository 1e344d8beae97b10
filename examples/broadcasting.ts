/* Broadcasting: one message to many connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PreparedMessage, ServerRegistry, WebSocketClient, type Connection } from 'hawser';

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
// #region rooms
const rooms = new Map<string, Set<Connection>>();
registry.live('/join/*', (...[connection, type, message]) => {
  const room = rooms.get(connection.path) ?? new Set<Connection>();
  if (type === 'connect') rooms.set(connection.path, room.add(connection));
  else if (type === 'disconnect') room.delete(connection);
  else if (type === 'text') {
    const prepared = new PreparedMessage('text', message);
    for (const member of room) member.send(prepared); // framed once, as by broadcast
  }
});
// #endregion

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
registry.broadcast('binary', octets); // all connections of the registry
// #endregion
assert.deepEqual(await once(eve, 'binary'), [octets]);

const [zoe, max] = await Promise.all([
  WebSocketClient.open(`ws://127.0.0.1:${port}/join/*`),
  WebSocketClient.open(`ws://127.0.0.1:${port}/join/galley`),
]);
max.send('text', 'soup');
assert.deepEqual(await once(max, 'text'), ['soup']);
zoe.send('text', 'to myself');
assert.deepEqual(await once(zoe, 'text'), ['to myself']);

// #region prepared
const orders = new PreparedMessage('text', 'all hands on deck');
registry.broadcast(orders, { path: '/room/*' });
registry.on('connection', (connection) => connection.send(orders)); // and everybody who comes later
// #endregion
assert.deepEqual(await once(ann, 'text'), ['all hands on deck']);
const late = await WebSocketClient.open(`ws://127.0.0.1:${port}/room/bow`);
assert.deepEqual(await once(late, 'text'), ['all hands on deck']);
await registry.close();
