/* Receiving: events, a handler, an iterator, a pipe, fragments. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerRegistry, WebSocketClient, type HandlerArguments } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}`;
registry.live('/news', (...[connection, type]) => {
  if (type !== 'connect') return;
  connection.send('text', 'first');
  connection.send('binary', Buffer.from('second'));
  connection.send('text', 'thi', false);
  connection.send('text', 'rd');
  connection.close(1000, 'That was all');
});

{
  const heard: unknown[] = [];
  // #region events
  const client = new WebSocketClient(`${url}/news`);
  client.on('text', (text) => heard.push(text)); // a complete text message: string
  client.on('binary', (data) => heard.push(data.length)); // a complete binary message: Buffer
  client.on('message', (message, isBinary) => heard.push([message.length, isBinary])); // either kind
  client.on('closing', (code, reason, origin) => heard.push([code, reason, origin]));
  client.on('disconnect', (code, reason, wasClean) => heard.push([code, reason, wasClean]));
  // #endregion
  await once(client, 'close');
  assert.deepEqual(heard, [
    'first',
    [5, false],
    6,
    [6, true],
    'third',
    [5, false],
    [1000, 'That was all', 'remote'],
    [1000, 'That was all', true],
  ]);
}

{
  const heard: string[] = [];
  // #region handler
  async function handler(...[connection, type, message]: HandlerArguments): Promise<void> {
    switch (type) {
      case 'connect': // message: { protocol, extensions, path, query, headers }
        heard.push(`${connection.role} connected to ${message.path}`);
        break;
      case 'text': // message: string
        await store(message); // the next message waits for this one
        break;
      case 'binary': // message: Buffer
        await store(message.toString());
        break;
      case 'disconnect': // message: { code, reason, wasClean }
        console.log('gone with', message.code); // does not wait for the last promise
        break;
    }
  }
  const client = new WebSocketClient(`${url}/news`, { handler });
  // #endregion
  async function store(text: string): Promise<void> {
    await delay(5);
    heard.push(text);
  }
  await once(client, 'close');
  while (heard.length < 4) await delay(5);
  assert.deepEqual(heard, ['client connected to /news', 'first', 'second', 'third']);
}

{
  const heard: string[] = [];
  // #region iterator
  const client = await WebSocketClient.open(`${url}/news`);
  for await (const message of client as AsyncIterable<string | Buffer>) {
    heard.push(message.toString()); // a string for text, a Buffer for binary
  }
  console.log('closed cleanly; an unclean end would have thrown');
  // #endregion
  assert.deepEqual(heard, ['first', 'second', 'third']);
}

{
  // #region octets
  const relay = new WebSocketClient(`${url}/news`, { textAs: 'buffer' });
  const relayed: Buffer[] = [];
  relay.on('utf8', (octets) => relayed.push(octets));
  // #endregion
  await once(relay, 'close');
  assert.deepEqual(relayed.map(String), ['first', 'third']);
}

{
  // #region fragments
  const client = new WebSocketClient(`${url}/news`, { fragments: true });
  const sizes: [string, number, boolean][] = [];
  client.on('fragment', ({ type, data, final }) => sizes.push([type, data.length, final]));
  // #endregion
  await once(client, 'close');
  assert.deepEqual(sizes, [
    ['text', 5, true],
    ['binary', 6, true],
    ['text', 3, false],
    ['text', 2, true],
  ]);
}

await registry.close();
