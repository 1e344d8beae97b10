import { WebSocketServer } from 'ws';
import { serve } from './report.js';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket) => {
  // Text as a string, as hawser hands it out.
  socket.on('message', (data, isBinary) => socket.send(isBinary ? data : data.toString()));
});
server.on('listening', () => serve(server.address().port));
