/* Each command of websocket(n) in TypeScript. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Connection, ServerRegistry, WebSocketClient, loglevel, type HandlerArguments } from 'hawser';

const types: string[] = [];

// #region handler
function handler(...[connection, type, message]: HandlerArguments): void {
  types.push(`${connection.role} ${type}`);
  if (type === 'text') console.log('received', message);
  else if (type === 'close') console.log('closing with', message.code, message.reason, message.origin);
}
// #endregion

// #region serving
const httpServer = createServer();
const registry = new ServerRegistry();
registry.server(httpServer); // websocket::server
registry.live(httpServer, '/echo', handler, '*'); // websocket::live

httpServer.on('upgrade', (request, socket, head) => {
  if (registry.test(httpServer, request, socket, head)) {
    registry.upgrade(socket); // websocket::test and websocket::upgrade
  } else {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }
});
httpServer.listen(0, '127.0.0.1');
// #endregion

await once(httpServer, 'listening');
const { port } = httpServer.address() as AddressInfo;
const url = `ws://127.0.0.1:${port}/echo`;

// #region open
const connection = await WebSocketClient.open(url, {
  handler,
  protocol: ['chat', 'superchat'], // -protocol {chat superchat}
  timeout: 5_000, // -timeout 5000
  headers: { 'X-Trace': '4711' }, // -headers {X-Trace 4711}
});
// #endregion

// #region send
const octets = connection.send('text', 'Ahoy');
connection.send('binary', Buffer.from('0001', 'hex'));
connection.send('text', 'in two ', false);
connection.ping('between them');
connection.send('text', 'fragments');
// #endregion
assert.equal(octets, 10);

// #region conninfo
console.log(connection.conninfo('peername'), connection.conninfo('state'));
console.log(connection.peername, connection.state); // the same
// #endregion

// #region find
const locals = Connection.find('127.*', port); // in tcllib the port never matches
// #endregion
assert.deepEqual(locals, [connection]);

// #region configure
connection.configure({ keepalive: 10, ping: 'still there?' });
// #endregion
assert.deepEqual(connection.configure(), { keepalive: 10, ping: 'still there?' });

// #region loglevel
loglevel('warn');
console.log(loglevel()); // warn
// #endregion
loglevel('error');

// #region close
connection.close(1000, 'Bye'); // sends a Close frame, which tcllib's does not
// #endregion
await once(connection, 'close');
for (const type of ['connect', 'text', 'ping', 'close']) assert(types.includes(`server ${type}`), type);
for (const type of ['connect', 'close', 'disconnect']) assert(types.includes(`client ${type}`), type);

const raw = connect(port, '127.0.0.1');
await once(raw, 'connect');
// #region takeover
const taken = Connection.takeover(raw, { handler, server: false });
// #endregion
taken.terminate();
assert.equal(taken.role, 'client');

await registry.close();
httpServer.close();
