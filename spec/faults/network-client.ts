/*
 * Opens clients from another host; the specs of the network start it there. Prints a line of JSON for each thing that
 * happens.
 *
 *   node --import tsx spec/faults/network-client.ts ws://198.18.0.1:8080/ 3 '{"keepalive":1}'
 */
import { WebSocketClient, type ClientOptions } from '../../lib/index.js';

const [url = '', count = '1', options = '{}'] = process.argv.slice(2);

function tell(event: string, facts: Record<string, unknown> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ event, at: performance.timeOrigin + performance.now(), ...facts })}\n`,
  );
}

for (let number = 0; number < Number(count); number++) {
  const client = new WebSocketClient(url, JSON.parse(options) as ClientOptions);
  client.on('connect', () => tell('connect', { number }));
  client.on('binary', ({ length }) => tell('binary', { number, octets: length }));
  client.on('text', (text) => client.send('text', text));
  client.on('timeout', (kind) => tell('timeout', { number, kind }));
  client.on('error', (error) => tell('error', { number, message: error.message }));
  client.on('disconnect', (code) => tell('disconnect', { number, code }));
  client.on('close', (code) => tell('close', { number, code }));
}
