/* Closing: how each way to end a connection looks from both ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ConnectionClosedError, LimitError, ServerRegistry, WebSocketClient, type Connection } from 'hawser';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, maxMessageBytes: 1024 });
const url = `ws://127.0.0.1:${(registry.address() as AddressInfo).port}/`;

/** Opens a connection and gives both its ends. */
function bothEnds(): Promise<[server: Connection, client: WebSocketClient]> {
  return Promise.all([
    new Promise<Connection>((resolve) => registry.once('connection', resolve)),
    WebSocketClient.open(url),
  ]);
}

{
  const [server, client] = await bothEnds();
  const seen: string[] = [];
  server.on('closing', (code, reason, origin) => seen.push(`server closing ${code} ${reason} (${origin})`));
  server.on('disconnect', (code, _reason, wasClean) => seen.push(`server disconnect ${code} ${wasClean}`));
  server.on('close', (code) => seen.push(`server close ${code}`));
  // #region close
  client.close(4001, 'Moved to another room');
  await once(client, 'close');
  // #endregion
  while (seen.length < 3) await once(server, 'close');
  assert.deepEqual(seen, [
    'server closing 4001 Moved to another room (remote)',
    'server disconnect 4001 true',
    'server close 4001',
  ]);
}

{
  const [server, client] = await bothEnds();
  // #region ways
  client.end('A last message'); // then Close 1000, as `finish` and `pipeline` expect of a stream
  // client.close(code, reason)   Close with a code, behind all that was sent
  // client.destroy()             Close 1001 as far as the socket takes it at once, and gone
  // client.destroy(error)        the same with 1011
  // client.terminate()           gone at once; the peer sees 1006
  // #endregion
  assert.deepEqual(await once(server, 'text'), ['A last message']);
  const [code] = (await once(server, 'close')) as [number];
  assert.equal(code, 1000);
}

for (const [end, expected] of [
  [(client: Connection): unknown => client.destroy(), 1001],
  [(client: Connection): unknown => client.destroy(new Error('out of rope')), 1011],
  [(client: Connection): unknown => client.terminate(), 1006],
  [(client: Connection): unknown => client.close(1005), 1005],
] as const) {
  const [server, client] = await bothEnds();
  client.on('error', () => undefined);
  server.on('error', () => undefined);
  // Not once(server, 'close') of node:events: it rejects at `error`, which comes first when the end is unclean.
  const closed = new Promise((resolve) => server.once('close', resolve));
  end(client);
  assert.equal(await closed, expected);
}

{
  // #region dispose
  {
    await using client = await WebSocketClient.open(url);
    client.send('text', 'short');
  } // closes with 1000 here, and waits for it
  // #endregion
}

{
  const [server, client] = await bothEnds();
  // #region error
  server.on('error', (error) => {
    assert(error instanceof ConnectionClosedError); // every unclean end is one
    console.log(error.receivedCode, error.sentCode, error.wasClean); // 1006 1009 false
    const { cause } = error; // what was wrong: a ProtocolError, a LimitError, an error of the socket, or yours
    if (cause instanceof LimitError) console.log(cause.code, cause.limit, cause.value, cause.actual);
    // ERR_WS_LIMIT_MAX_MESSAGE_BYTES maxMessageBytes 1024 2000
  });
  client.send('text', 'x'.repeat(2_000)); // the server takes 1,024 octets
  const [code, reason] = (await once(client, 'close')) as [number, string];
  console.log(code, reason); // 1009, and the message of that error
  // #endregion
  assert.equal(code, 1009);
  assert.match(reason, /maxMessageBytes = 1024/);
}

{
  const [server, client] = await bothEnds();
  // #region contained
  server.on('text', () => {
    throw new Error('a mistake in the application'); // logged; this connection closes with 1011
  });
  client.send('text', 'go');
  const [code] = (await once(client, 'close')) as [number, string];
  // #endregion
  assert.equal(code, 1011);
}

await registry.close();
