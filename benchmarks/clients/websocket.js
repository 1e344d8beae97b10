import { once } from 'node:events';
import websocket from 'websocket';
import { play } from './scene.js';

play(async (url, onMessage) => {
  const client = new websocket.client();
  client.connect(url);
  const [connection] = await once(client, 'connect');
  connection.on('message', ({ binaryData }) => onMessage(binaryData));
  return (octets) => connection.sendBytes(octets);
});
