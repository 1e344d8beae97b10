import { ServerRegistry } from 'hawser';
import { serve } from './report.js';

const registry = await ServerRegistry.listen({ port: 0, host: '127.0.0.1' });
registry.on('connection', (connection) => {
  connection.on('text', (text) => connection.send('text', text));
  connection.on('binary', (data) => connection.send('binary', data));
});
serve(registry.address().port);
