import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import websocket from 'websocket';
import { decline, identity, order, serve } from './scene.js';

const LONGEST = 32 * 1024 * 1024;

const send = (connection, { type, utf8Data, binaryData }) => {
  if (type === 'utf8') connection.sendUTF(utf8Data);
  else connection.sendBytes(binaryData);
};

const SCENES = {
  echo: () => (connection) => connection.on('message', (message) => send(connection, message)),
  broadcast: (server) => (connection) =>
    connection.on('message', ({ binaryData }) => server.broadcastBytes(binaryData)),
};

if (order.text === 'buffer') {
  decline('it has no option for text as octets');
} else {
  const httpServer = identity === undefined ? createServer() : createHttpsServer(identity);
  const server = new websocket.server({
    httpServer,
    autoAcceptConnections: true,
    // As the others do; the load expects a message in one frame.
    fragmentOutgoingMessages: false,
    maxReceivedFrameSize: LONGEST,
    maxReceivedMessageSize: LONGEST,
  });
  server.on('connect', SCENES[order.scene](server));
  httpServer.listen(0, '127.0.0.1', () => serve(httpServer.address().port));
}
