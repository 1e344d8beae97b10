/* Sending: messages, fragments, pings, and what send returns. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ServerRegistry, WebSocketClient } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
const { port } = registry.address() as AddressInfo;
const received: (string | Buffer)[] = [];
registry.on('connection', (connection) => {
  connection.on('message', (message) => received.push(message));
  connection.on('ping', (payload) => received.push(payload));
});

// #region messages
const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`);
client.send('text', 'Grüße'); // 13: 2 octets of header, 4 of masking key, 7 of UTF-8
client.send('binary', new Uint8Array([1, 2, 3])); // Buffer, TypedArray, DataView, ArrayBuffer
client.send('ping', 'Are you there?'); // the same as client.ping('Are you there?')
client.write('text'); // as a stream: strings go as text,
client.write(Buffer.from('68617773657200', 'hex')); // octets as binary
// #endregion
assert.equal(client.send('text', 'Grüße'), 13);

// #region fragments
client.send('text', 'One message ', false);
client.ping('between the fragments');
client.send('text', 'in three ', false);
client.send('text', 'fragments', true);
// #endregion

// #region wrong
assert.throws(() => client.send('hello'), { code: 'ERR_WS_INVALID_OPTION' }); // the type is missing
client.send('text', 'half a message', false);
assert.throws(() => client.send('binary', Buffer.alloc(1)), { code: 'ERR_WS_INVALID_STATE' });
client.send('text', ', and the rest');
// #endregion

// #region closed
client.close();
console.log(client.send('text', 'too late')); // -1
// #endregion
assert.equal(client.send('text', 'too late'), -1);
await once(client, 'close');
await registry.close();

assert.deepEqual(received, [
  'Grüße',
  Buffer.from([1, 2, 3]),
  Buffer.from('Are you there?'),
  'text',
  Buffer.from('hawser\0'),
  'Grüße',
  Buffer.from('between the fragments'),
  'One message in three fragments',
  'half a message, and the rest',
]);
