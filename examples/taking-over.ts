/* Taking over streams that are open already: in memory, TLS, HTTP/2. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { Connection, type HandlerArguments } from 'hawser';
import { selfSignedCertificate } from './support/certificate.js';
import { duplexPair } from './support/duplex-pair.js';

{
  // #region memory
  const [left, right] = duplexPair(); // in Node 22.6 and later: stream.duplexPair()
  const server = Connection.takeover(left, { server: true, handler: echo });
  const client = Connection.takeover(right); // the client's role is the default

  function echo(...[connection, type, message]: HandlerArguments): void {
    if (type === 'text') connection.send('text', message);
  }
  client.send('text', 'through memory');
  const [answer] = (await once(client, 'text')) as [string];
  // #endregion
  assert.equal(answer, 'through memory');
  client.close();
  await Promise.all([once(client, 'close'), once(server, 'close')]);
}

{
  const { key, cert } = selfSignedCertificate();
  // #region tls
  const tlsServer = createTlsServer({ key, cert }, (socket) => {
    // Both ends know that this is a WebSocket from the first octet: there is no HTTP at all.
    Connection.takeover(socket, { server: true, protocol: 'telemetry' }).on('text', (text) => {
      assert.equal(text, 'over TLS');
    });
  });
  // #endregion
  tlsServer.listen(0, '127.0.0.1');
  await once(tlsServer, 'listening');
  const { port } = tlsServer.address() as AddressInfo;
  const socket = connectTls({ host: '127.0.0.1', port, ca: cert, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const client = Connection.takeover(socket);
  assert.equal(client.peername, '127.0.0.1');
  client.end('over TLS');
  await once(client, 'close');
  tlsServer.close();
}

{
  // #region http2
  const http2Server = createHttp2Server({ settings: { enableConnectProtocol: true } });
  http2Server.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket') {
      stream.respond({ ':status': 404 }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200 }); // RFC 8441: the opening handshake is HTTP/2's own
    const connection = Connection.takeover(stream, { server: true, path: headers[':path'] });
    connection.on('text', (text) => connection.send('text', `${connection.path} heard ${text}`));
  });
  // #endregion
  http2Server.listen(0, '127.0.0.1');
  await once(http2Server, 'listening');
  const session = connectHttp2(`http://127.0.0.1:${(http2Server.address() as AddressInfo).port}`);
  await once(session, 'remoteSettings');
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/chat',
    'sec-websocket-version': '13',
  });
  const [headers] = (await once(stream, 'response')) as [Record<string, number>];
  assert.equal(headers[':status'], 200);
  const client = Connection.takeover(stream, { path: '/chat' });
  client.send('text', 'HTTP/2');
  assert.deepEqual(await once(client, 'text'), ['/chat heard HTTP/2']);
  client.close();
  await once(client, 'close');
  session.close();
  http2Server.close();
}
