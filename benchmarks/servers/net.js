/*
 * The floor: raw sockets, no WebSocket. Octets go back as they came, still masked; a broadcast is a frame made
 * beforehand.
 */
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { frame } from '../load/frames.js';
import { acceptKey } from '../load/opening.js';
import { payload } from '../load/payload.js';
import { identity, order, serve } from './scene.js';

const all = new Set();

const SCENES = {
  echo: (socket) => socket.on('data', (chunk) => socket.write(chunk)),
  pipe: (socket) => socket.pipe(socket),
  await: async (socket) => {
    for await (const chunk of socket) socket.write(chunk);
  },
  broadcast: (socket) => {
    const framed = frame('binary', payload('octets', order.size));
    const received = framed.length + 4;
    socket.on('data', (chunk) => {
      // One write for as many messages as came in one chunk.
      const octets = Buffer.concat(Array.from({ length: chunk.length / received }, () => framed));
      for (const other of all) other.write(octets);
    });
  },
};

function onConnection(socket) {
  all.add(socket);
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('close', () => all.delete(socket));
  socket.once('data', (request) => {
    const key = /sec-websocket-key: *(\S+)/i.exec(request.toString('latin1'))[1];
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${acceptKey(key)}`,
        '\r\n',
      ].join('\r\n'),
    );
    SCENES[order.scene](socket);
  });
}

const server = identity === undefined ? createServer(onConnection) : createTlsServer(identity, onConnection);
server.listen(0, '127.0.0.1', () => serve(server.address().port));
