import { decline, identity, order, serve } from './scene.js';

const { ServerRegistry } = await import(order.module);

const SCENES = {
  echo: () => (connection) => {
    // A text comes as a string, or as its octets.
    connection.on(order.text === 'buffer' ? 'utf8' : 'text', (text) => connection.send('text', text));
    connection.on('binary', (data) => connection.send('binary', data));
  },
  pipe: () => (connection) => {
    connection.pipe(connection);
  },
  await: () => async (connection) => {
    for await (const message of connection) connection.write(message);
  },
  broadcast: (registry) => (connection) => {
    connection.on('binary', (data) => registry.broadcast('binary', data));
  },
};

try {
  const registry = await ServerRegistry.listen({
    port: 0,
    host: '127.0.0.1',
    ...(identity !== undefined && { tls: identity }),
    ...(order.deflate !== undefined && { perMessageDeflate: true }),
    ...(order.text === 'buffer' && { textAs: 'buffer' }),
  });
  registry.on('connection', SCENES[order.scene](registry));
  serve(registry.address().port);
} catch (error) {
  decline(error.message);
}
