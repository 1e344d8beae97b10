import { once } from 'node:events';
import WebSocket from 'ws';
import { play } from './scene.js';

play(async (url, onMessage) => {
  const client = new WebSocket(url);
  client.on('message', onMessage);
  await once(client, 'open');
  return (octets) => client.send(octets);
});
