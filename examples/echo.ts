/* The first server and the first client: what is sent comes back. */
import assert from 'node:assert/strict';
// #region server
import { ServerRegistry } from 'hawser';

const registry = await ServerRegistry.listen({ port: 0 }); // 0: any free port
registry.on('connection', (connection) => {
  connection.on('text', (text) => connection.send('text', text));
});
// #endregion

// #region client
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketClient } from 'hawser';

const { port } = registry.address() as AddressInfo;
const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`, { timeout: 5_000 });
client.send('text', 'Ahoy');
const [answer] = (await once(client, 'text')) as [string];

client.close(1000, 'Thank you');
const [code] = (await once(client, 'close')) as [number, string];
// #endregion

assert.equal(answer, 'Ahoy');
assert.equal(code, 1000);
await registry.close();
