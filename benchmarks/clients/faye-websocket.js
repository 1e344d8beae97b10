import WebSocket from 'faye-websocket';
import { once } from 'node:events';
import { play } from './scene.js';

play(async (url, onMessage) => {
  const client = new WebSocket.Client(url);
  client.on('message', ({ data }) => onMessage(data));
  await once(client, 'open');
  return (octets) => client.send(octets);
});
