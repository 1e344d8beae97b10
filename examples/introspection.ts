/* Introspection: what a connection knows of itself, and how to find one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Connection, ServerRegistry, WebSocketClient } from 'hawser';

const registry = await ServerRegistry.listen({
  host: '127.0.0.1',
  port: 0,
  lookupPeerName: (request) => String(request.headers['x-ship'] ?? ''), // there is no reverse DNS
});
const { port } = registry.address() as AddressInfo;
const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/log?day=1`, {
  headers: { 'X-Ship': 'pequod.example' },
});

// #region facts
console.log(client.role, client.isClient, client.state, client.readyState); // client true CONNECTED 1
console.log(client.peername, client.remoteAddress, client.remotePort); // the URL's host, its address, its port
console.log(client.sockname, client.path, client.query); // 127.0.0.1 /log day=1
console.log(client.conninfo('peername'), client.conninfo('state')); // by key, as websocket(n) has them
console.log(client.counters); // octets and messages, both ways; dropped and discarded ones
// #endregion
assert.equal(client.conninfo('type'), 'client');
assert.equal(client.conninfo('peername'), '127.0.0.1');
assert.equal(client.remotePort, port);

// #region find
const ships = registry.find('*.example'); // a glob for the name or the address, and one for the port
const here = Connection.find('127.*', port); // all connections of this process, both roles
// #endregion
assert.equal(ships.length, 1);
assert.equal(ships[0]?.peername, 'pequod.example');
assert.deepEqual(here, [client]);

client.close();
await once(client, 'close');
assert.equal(client.conninfo('closed'), true);
await registry.close();
assert.deepEqual(Connection.find(), []);
