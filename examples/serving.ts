/* Serving: a registry that listens by itself, and one on an HTTP server of yours. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerRegistry, WebSocketClient, type HandlerArguments } from 'hawser';

{
  // #region listen
  const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, maxMessageBytes: 64 * 1024 });
  registry.on('connection', (connection, request) => {
    console.log(connection.peername, request.url, connection.protocol);
    connection.on('text', (text) => connection.send('text', text.toUpperCase()));
  });
  registry.on('rejected', (request, status, reason) => console.warn(status, request.url, reason));
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/any/path`);
  client.send('text', 'heave ho');
  assert.deepEqual(await once(client, 'text'), ['HEAVE HO']);
  // #region iterate
  console.log(registry.size); // 1
  for (const connection of registry) connection.send('text', 'To each of you');
  // #endregion
  assert.equal(registry.size, 1);
  assert.deepEqual(await once(client, 'text'), ['To each of you']);
  await registry.close();
}

{
  // #region attach
  const httpServer = createServer((_request, response) => response.end('An ordinary page\n'));
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');

  const registry = new ServerRegistry();
  registry.live('/echo', echo);
  registry.live('/news/*', undefined, 'news.v[12]');
  registry.attach(httpServer);

  function echo(...[connection, type, message]: HandlerArguments): void {
    if (type === 'text') connection.send('text', message);
  }
  // #endregion
  const { port } = httpServer.address() as AddressInfo;
  const page = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await page.text(), 'An ordinary page\n');
  const client = await WebSocketClient.open(`ws://127.0.0.1:${port}/echo`);
  client.send('text', 'again');
  assert.deepEqual(await once(client, 'text'), ['again']);
  const news = await WebSocketClient.open(`ws://127.0.0.1:${port}/news/local/today`, {
    protocol: ['news.v3', 'news.v2'],
  });
  assert.equal(news.protocol, 'news.v2');
  const unknown = WebSocketClient.open(`ws://127.0.0.1:${port}/news/local`, { protocol: 'news.v3' });
  await assert.rejects(unknown, { statusCode: 404 });

  // #region remove
  const livePath = registry.live('/soon-gone');
  livePath.remove(); // accepts no further connections; those open stay
  // #endregion
  await assert.rejects(WebSocketClient.open(`ws://127.0.0.1:${port}/soon-gone`), { statusCode: 404 });
  await registry.close();
  httpServer.close();
}

{
  const path = join(tmpdir(), `hawser-${process.pid}.sock`);
  // #region unix
  const registry = await ServerRegistry.listen({ path });
  const client = await WebSocketClient.open(`ws+unix:${path}:/chat`);
  // #endregion
  assert.equal(client.path, '/chat');
  client.close();
  await once(client, 'close');
  await registry.close();
}

{
  // #region address
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: 0,
    maxConnectionsPerAddress: 20,
    // nginx: proxy_set_header X-Real-IP $remote_addr;
    clientAddress: (request) => String(request.headers['x-real-ip']),
  });
  // #endregion
  const { port } = registry.address() as AddressInfo;
  const open = (address: string) =>
    WebSocketClient.open(`ws://127.0.0.1:${port}/`, { headers: { 'X-Real-IP': address } });
  for (let count = 0; count < 20; count++) await open('192.0.2.1');
  await assert.rejects(open('192.0.2.1'), { statusCode: 429 });
  await open('192.0.2.2');
  assert.equal(registry.size, 21);
  await registry.close();
}
