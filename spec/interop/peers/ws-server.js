/*
 * Echo server on ws.
 *
 * Paths: /echo; /fragments, which sends a text in three fragments; /ping, which
 * sends a ping, and `pong` once that was answered; /close/<code>/<reason>.
 *
 *   ws-server.js [--tls-key <file> --tls-cert <file>] [--protocol <name>]… [--deflate <JSON>]
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { version } = createRequire(import.meta.url)('ws/package.json');
const { values } = parseArgs({
  options: {
    'tls-key': { type: 'string' },
    'tls-cert': { type: 'string' },
    protocol: { type: 'string', multiple: true },
    // Offers of compression are left to the client.
    deflate: { type: 'string', default: 'true' },
  },
});

function report(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function serveConnection(connection, request) {
  const path = request.url;
  report({ event: 'connect', path, protocol: connection.protocol, extensions: connection.extensions });
  connection.on('message', (data, isBinary) => connection.send(data, { binary: isBinary }));
  connection.on('close', (code, reason) => report({ event: 'disconnect', code, reason: reason.toString() }));
  const [, kind, code, reason] = path.split('/');
  if (kind === 'fragments') {
    connection.send('made ', { fin: false });
    connection.ping('between fragments');
    connection.send('fast ', { fin: false });
    connection.send('⚓', { fin: true });
  } else if (kind === 'ping') {
    connection.on('pong', () => connection.send('pong'));
    connection.ping('are you there');
  } else if (kind === 'close') connection.close(Number(code), reason);
}

const secure = values['tls-key'] !== undefined;
const server = secure
  ? createSecureServer({ key: readFileSync(values['tls-key']), cert: readFileSync(values['tls-cert']) })
  : createServer();
const webSocketServer = new WebSocketServer({
  server,
  perMessageDeflate: JSON.parse(values.deflate),
  maxPayload: 16 * 1024 * 1024,
  handleProtocols: (offered) => values.protocol?.find((name) => offered.has(name)) ?? false,
  verifyClient: ({ req }, answer) => {
    const isKnown = /^\/(echo|fragments|ping|close)\b/.test(req.url);
    answer(isKnown, 404, 'no such path');
  },
});
webSocketServer.on('connection', serveConnection);
server.listen(0, '127.0.0.1', () => {
  const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}/`;
  report({ event: 'listening', url, version });
});
