/* Backpressure: a sender that waits for its peer, and what happens to a peer that never reads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerRegistry, WebSocketClient, type Connection } from 'hawser';

const piece = Buffer.alloc(64 * 1024);

// #region flushed
async function sendAll(connection: Connection, messages: Iterable<Buffer>): Promise<void> {
  for (const message of messages) {
    connection.send('binary', message);
    await connection.flushed(); // the socket has taken everything sent so far
  }
}
// #endregion

// #region drain
async function writeAll(connection: Connection, messages: Iterable<Buffer>): Promise<void> {
  for (const message of messages) {
    if (!connection.write(message)) await once(connection, 'drain');
  }
}
// #endregion

{
  const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
  const { port } = registry.address() as AddressInfo;
  const [connection, client] = await Promise.all([
    new Promise<Connection>((resolve) => registry.once('connection', resolve)),
    WebSocketClient.open(`ws://127.0.0.1:${port}/`),
  ]);

  let received = 0;
  client.on('binary', (data) => (received += data.length));
  client.pause(); // reads nothing from its socket from now on
  const hundred = Array.from({ length: 200 }, () => piece);
  const sending = Promise.all([sendAll(connection, hundred), writeAll(connection, hundred)]);
  await delay(20);
  // #region measure
  console.log(connection.bufferedAmount); // octets that the socket has not taken yet
  // #endregion
  client.resume();
  await sending;
  await connection.flushed();
  while (received < 400 * piece.length) await delay(5);
  assert.equal(connection.bufferedAmount, 0);
  await registry.close();
}

{
  // #region drop
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    softBacklogBytes: 256 * 1024,
    hardBacklogBytes: 1024 * 1024,
    slowConsumer: 'drop', // the default is 'disconnect'; the third is 'pause'
  });
  registry.on('connection', (connection) => {
    const feed = setInterval(() => {
      for (let i = 0; i < 16; i++) connection.send('binary', piece); // 0: dropped
    }, 1);
    connection.on('close', () => clearInterval(feed));
  });
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const [connection, client] = await Promise.all([
    new Promise<Connection>((resolve) => registry.once('connection', resolve)),
    WebSocketClient.open(`ws://127.0.0.1:${port}/`),
  ]);
  client.pause();
  while (connection.counters.messagesDropped === 0) await delay(5);
  // #region dropped
  const { messagesSent, messagesDropped } = connection.counters;
  console.log(`${messagesDropped} dropped, ${messagesSent} sent`);
  // #endregion
  assert(connection.bufferedAmount < 2 * 1024 * 1024);
  client.terminate();
  await registry.drain({ timeout: 500 });
}

{
  // #region concurrency
  let underWay = 0;
  let most = 0;
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    handlerConcurrency: 4, // so many promises of the handler at once; default 1
    async handler(...[connection, type]) {
      if (type !== 'text') return;
      most = Math.max(most, ++underWay);
      await delay(5); // some slow work
      underWay -= 1;
      connection.send('text', 'done');
    },
  });
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/`);
  for (let i = 0; i < 20; i++) client.send('text', 'job');
  let done = 0;
  client.on('text', () => (done += 1));
  while (done < 20) await delay(5);
  assert.equal(most, 4);
  await registry.close();
}
