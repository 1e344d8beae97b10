/* Opening a connection: what a client asks for, what it gets, and the ways in which it fails. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { HandshakeError, ServerRegistry, WebSocketClient } from 'hawser';
import { selfSignedCertificate } from './support/certificate.js';

const registry = await ServerRegistry.listen({ host: '127.0.0.1', port: 0 });
registry.live('/chat', undefined, 'chat.*');
const { port } = registry.address() as AddressInfo;
const url = `ws://127.0.0.1:${port}/chat?room=7`;

{
  // #region promise
  const client = await WebSocketClient.open(url, {
    protocol: ['chat.v2', 'chat.v1'],
    headers: { 'X-Trace': '4711' },
    origin: `http://127.0.0.1:${port}`,
    timeout: 5_000, // milliseconds for the whole opening handshake
  });
  console.log(client.state, client.protocol, client.path, client.query); // CONNECTED chat.v2 /chat room=7
  // #endregion
  assert.equal(client.protocol, 'chat.v2');
  assert.equal(client.query, 'room=7');
  client.close();
  await once(client, 'close');
}

{
  // #region events
  const client = new WebSocketClient(url);
  client.on('connect', ({ protocol, headers }) => console.log('open', protocol, headers.upgrade));
  client.on('error', (error) => console.error('not open, or broken', error.message));
  client.on('close', (code) => console.log('gone', code));
  client.write('Sent as soon as the connection is open');
  // #endregion
  assert.equal(client.state, 'CONNECTING');
  assert.throws(() => client.send('text', 'too early'), { code: 'ERR_WS_INVALID_STATE' });
  await once(client, 'connect');
  await client.flushed();
  client.close();
  await once(client, 'close');
}

{
  // #region failures
  try {
    await WebSocketClient.open(`ws://127.0.0.1:${port}/nowhere`);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    console.log(error.code, error.stage); // ERR_WS_HANDSHAKE_HTTP http
    console.log(error.statusCode, error.body?.toString()); // 404 Not Found
  }
  // #endregion
  const refused = WebSocketClient.open(`ws://127.0.0.1:${port}/nowhere`);
  await assert.rejects(refused, { code: 'ERR_WS_HANDSHAKE_HTTP', stage: 'http', statusCode: 404 });
}

{
  const silent = createTcpServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const silentUrl = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  // #region signal
  const giveUp = new AbortController();
  const opening = WebSocketClient.open(silentUrl, { signal: giveUp.signal });
  giveUp.abort();
  await assert.rejects(opening, { code: 'ERR_WS_HANDSHAKE_ABORTED' });

  await assert.rejects(WebSocketClient.open(silentUrl, { timeout: 50 }), {
    code: 'ERR_WS_HANDSHAKE_TIMEOUT',
  });
  // #endregion
  silent.close();
}

{
  const { key, cert } = selfSignedCertificate();
  const secure = await ServerRegistry.listen({ host: '127.0.0.1', port: 0, tls: { key, cert } });
  const securePort = (secure.address() as AddressInfo).port;
  // #region tls
  const client = await WebSocketClient.open(`wss://localhost:${securePort}/`, {
    ca: cert, // trust this certificate alone
    lookup: (_hostname, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  await assert.rejects(WebSocketClient.open(`wss://127.0.0.1:${securePort}/`), { stage: 'tls' });
  // #endregion
  client.close();
  await once(client, 'close');
  await secure.close();
}

{
  const redirecting = createServer().listen(0, '127.0.0.1');
  await once(redirecting, 'listening');
  redirecting.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${url}\r\nContent-Length: 0\r\n\r\n`);
  });
  const oldUrl = `ws://127.0.0.1:${(redirecting.address() as AddressInfo).port}/`;
  // #region redirects
  const client = await WebSocketClient.open(oldUrl, { followRedirects: true, maxRedirects: 3 });
  console.log(client.url); // the URL that was reached in the end
  // #endregion
  assert.equal(client.url, url);
  client.close();
  await once(client, 'close');
  redirecting.close();
}

{
  const proxyServer = createServer().listen(0, '127.0.0.1');
  await once(proxyServer, 'listening');
  let credentials: string | undefined;
  proxyServer.on('connect', (request, socket) => {
    credentials = request.headers['proxy-authorization'];
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(through).pipe(socket);
    });
  });
  const proxy = `http://user:secret@127.0.0.1:${(proxyServer.address() as AddressInfo).port}`;
  // #region proxy
  const client = await WebSocketClient.open(url, { proxy });
  // #endregion
  assert.equal(credentials, `Basic ${Buffer.from('user:secret').toString('base64')}`);
  client.close();
  await once(client, 'close');
  proxyServer.close();
}

await registry.close();
