/* A connection as a stream: one chunk is one message. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectionClosedError, ServerRegistry, WebSocketClient } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}`;

// #region server
registry.live('/shout', (...[connection, type]) => {
  if (type !== 'connect') return;
  const shout = new Transform({
    objectMode: true, // a chunk is a message: a string or a Buffer
    transform: (message: string | Buffer, _encoding, done) => done(null, message.toString().toUpperCase()),
  });
  connection.pipe(shout).pipe(connection);
});
// #endregion

const heard: string[] = [];
// #region client
const client = await WebSocketClient.open(`${url}/shout`);
const lines = Readable.from(['haul', 'away', '']); // empty messages survive

await Promise.all([
  pipeline(lines, client), // its end starts the closing handshake
  (async () => {
    for await (const message of client as AsyncIterable<string>) heard.push(message);
  })(),
]);
// #endregion
assert.deepEqual(heard, ['HAUL', 'AWAY', '']);

registry.live('/broken', (...[connection, type]) => {
  if (type === 'connect') connection.terminate();
});
// #region unclean
const broken = await WebSocketClient.open(`${url}/broken`);
try {
  for await (const message of broken) console.log(message);
} catch (error) {
  if (!(error instanceof ConnectionClosedError)) throw error;
  console.log(error.receivedCode, error.wasClean); // 1006 false: no Close came
}
// #endregion
assert.equal(broken.destroyed, true);

await registry.close();
