import { order, play } from './scene.js';

const { WebSocketClient } = await import(order.module);

play(async (url, onMessage) => {
  const client = await WebSocketClient.open(url);
  client.on('binary', onMessage);
  return (octets) => client.send('binary', octets);
});
