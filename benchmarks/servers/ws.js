import { createServer } from 'node:https';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { identity, order, serve } from './scene.js';

const WITHOUT_TAKEOVER = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const IN_MESSAGES = { readableObjectMode: true, writableObjectMode: true };

const SCENES = {
  echo: () => (socket) => {
    // Text as a string, as an application has it, unless octets are asked for.
    const asString = order.text === 'string';
    socket.on('message', (data, isBinary) =>
      socket.send(asString && !isBinary ? data.toString() : data, { binary: isBinary }),
    );
  },
  pipe: () => (socket) => {
    const stream = createWebSocketStream(socket, IN_MESSAGES);
    stream.on('error', () => undefined);
    stream.pipe(stream);
  },
  await: () => async (socket) => {
    const stream = createWebSocketStream(socket, IN_MESSAGES);
    try {
      for await (const message of stream) stream.write(message);
    } catch {
      stream.destroy();
    }
  },
  broadcast: (server) => (socket) => {
    socket.on('message', (data, isBinary) => {
      for (const client of server.clients) client.send(data, { binary: isBinary });
    });
  },
};

const DEFLATE = { 'no takeover': WITHOUT_TAKEOVER, default: true };

const https = identity === undefined ? undefined : createServer(identity);
const server = new WebSocketServer({
  ...(https === undefined ? { port: 0, host: '127.0.0.1' } : { server: https }),
  perMessageDeflate: order.deflate === undefined ? false : DEFLATE[order.deflate],
});
const onConnection = SCENES[order.scene](server);
server.on('connection', (socket) => {
  socket.on('error', () => undefined);
  onConnection(socket);
});
const listener = https?.listen(0, '127.0.0.1') ?? server;
listener.on('listening', () => serve(listener.address().port));
