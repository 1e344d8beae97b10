import WebSocket from 'faye-websocket';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { decline, identity, order, serve } from './scene.js';

const OPTIONS = { maxLength: 32 * 1024 * 1024 };
const all = new Set();

const SCENES = {
  echo: (socket) => socket.on('message', ({ data }) => socket.send(data)),
  pipe: (socket) => socket.pipe(socket),
  broadcast: (socket) => {
    all.add(socket);
    socket.on('close', () => all.delete(socket));
    socket.on('message', ({ data }) => {
      for (const other of all) other.send(data);
    });
  },
};

if (order.text === 'buffer') {
  decline('it has no option for text as octets');
} else {
  const server = identity === undefined ? createServer() : createHttpsServer(identity);
  server.on('upgrade', (request, socket, head) =>
    SCENES[order.scene](new WebSocket(request, socket, head, [], OPTIONS)),
  );
  server.listen(0, '127.0.0.1', () => serve(server.address().port));
}
