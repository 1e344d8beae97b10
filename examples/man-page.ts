/* The example of the man page websocket(n), translated; an echo server of our own takes the place of the public one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
registry.on('connection', (connection) => {
  connection.on('text', (text) => connection.send('text', text));
});
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}/`;

// #region program
import { WebSocketClient, type Connection, type HandlerArguments } from 'hawser';

function handler(...[connection, type, message]: HandlerArguments): void {
  switch (type) {
    case 'connect':
      console.log(`Connected on ${message.path}`);
      test(connection); // no waiting for 400 ms: this is the moment
      break;
    case 'text':
      console.log(`RECEIVED: ${message}`);
      break;
    case 'close':
    case 'disconnect':
      break;
  }
}

function test(connection: Connection): void {
  const [type, from, to] = (['type', 'sockname', 'peername'] as const).map((what) =>
    connection.conninfo(what),
  );
  console.log(`${type} from ${from} to ${to}`);
  connection.send('text', 'Testing, testing...');
}

const connection = new WebSocketClient(url, { handler });
// #endregion

assert.deepEqual(await once(connection, 'text'), ['Testing, testing...']);
connection.close();
await once(connection, 'close');
await registry.close();
