/*
 * Lets a public conformance suite at this library, over its public API and with default options: an echo server for a
 * suite that dials, and an echo client for a suite that listens.
 *
 *   adapter.ts server [--port <number>] [--host <address>] [--compression]
 *   adapter.ts client [--agent <name>] [--case <number>]… [--no-compression] <url>
 *
 * The client asks the suite for the number of cases at /getCaseCount, opens /runCase?case=N&agent=NAME for each, and
 * /updateReports?agent=NAME at last; whether a case was passed is for the suite to tell.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ServerRegistry, WebSocketClient, type ClientOptions, type Connection } from '../../lib/index.js';

/** Sends every message back as it came. */
function echo(connection: Connection): void {
  connection.on('text', (text) => connection.send('text', text));
  connection.on('binary', (data) => connection.send('binary', data));
}

async function serve(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '9001' },
      host: { type: 'string', default: '127.0.0.1' },
      compression: { type: 'boolean', default: false },
    },
  });
  const registry = await ServerRegistry.listen({
    port: Number(values.port),
    host: values.host,
    perMessageDeflate: values.compression,
  });
  registry.on('connection', echo);
  const { address, port } = registry.address() as AddressInfo;
  console.log(`listening on ws://${address}:${String(port)}/`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await registry.close();
}

async function drive(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    allowNegative: true,
    options: {
      agent: { type: 'string', default: 'hawser' },
      case: { type: 'string', multiple: true, default: [] },
      compression: { type: 'boolean', default: true },
    },
  });
  const [suite] = positionals;
  if (suite === undefined) throw new Error('the URL of the suite is missing, as in ws://127.0.0.1:9001');
  const options: ClientOptions = { perMessageDeflate: values.compression };
  const count = await askForCount(new URL('/getCaseCount', suite), options);
  const agent = encodeURIComponent(values.agent);
  const cases = values.case.length > 0 ? values.case : Array.from({ length: count }, (_, index) => index + 1);
  for (const one of cases) {
    console.log(`case ${String(one)} of ${String(count)}`);
    await takeCase(new URL(`/runCase?case=${String(one)}&agent=${agent}`, suite), options);
  }
  await takeCase(new URL(`/updateReports?agent=${agent}`, suite), options);
  console.log(`${String(cases.length)} cases were run; the suite has the reports`);
}

async function askForCount(url: URL, options: ClientOptions): Promise<number> {
  const connection = await WebSocketClient.open(url, options);
  let count = NaN;
  connection.on('text', (text) => (count = Number(text)));
  await once(connection, 'close');
  if (!Number.isInteger(count)) throw new Error(`no number of cases came from ${url.href}`);
  return count;
}

/** Echoes until the suite, or a rule that it breaks, ends the connection. */
async function takeCase(url: URL, options: ClientOptions): Promise<void> {
  const connection = new WebSocketClient(url, options);
  echo(connection);
  // A case may refuse the opening handshake, or end in any way.
  connection.on('error', () => undefined);
  await new Promise((resolve) => connection.once('close', resolve));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'server') await serve(rest);
  else if (command === 'client') await drive(rest);
  else throw new Error('usage: adapter.ts server|client …');
}
