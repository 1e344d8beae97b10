/*
 * An adapter for interoperability, over the public API alone: an echo server, and a client that does what it is told
 * and compares each echo with what it sent. Both print one line of JSON for each thing that happens.
 *
 *   adapter.ts serve [--port <number>] [--tls-key <file> --tls-cert <file>] [--keepalive <seconds>]
 *   adapter.ts client [--ca <file>] [--protocol <name>]… <url> <step>…
 *
 * Steps: text:<text>, binary:<hex>, octets:<count> (random ones), fragments:<text>|<text>|… (a ping between them),
 * ping:<text>, receive:<text> (comes by itself), close:<code>:<reason>, closed (by the other side, comes last). The client
 * exits with 1 when something else comes than what is due.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { ServerRegistry, WebSocketClient } from '../../lib/index.js';

function print(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function serve(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '0' },
      keepalive: { type: 'string', default: '30' },
      'tls-key': { type: 'string' },
      'tls-cert': { type: 'string' },
    },
  });
  const { 'tls-key': key, 'tls-cert': cert } = values;
  const tls =
    key === undefined || cert === undefined
      ? undefined
      : { key: readFileSync(key), cert: readFileSync(cert) };
  const registry = await ServerRegistry.listen({
    host: '127.0.0.1',
    port: Number(values.port),
    keepalive: Number(values.keepalive),
    tls,
  });
  registry.on('connection', (connection) => {
    const { path, protocol, peername } = connection;
    print({ event: 'connect', path, protocol, peername });
    connection.on('disconnect', (code, reason, wasClean) =>
      print({ event: 'disconnect', code, reason, wasClean }),
    );
    connection.pipe(connection);
  });
  registry.on('rejected', (_request, status, reason) => print({ event: 'rejected', status, reason }));
  const { port } = registry.address() as AddressInfo;
  print({ event: 'listening', url: `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/` });
  await once(process, 'SIGTERM');
  await registry.drain({ timeout: 1_000 });
}

async function client(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ca: { type: 'string' }, protocol: { type: 'string', multiple: true, default: [] } },
  });
  const [url = '', ...steps] = positionals;
  const ca = values.ca === undefined ? undefined : readFileSync(values.ca);
  const connection = await WebSocketClient.open(url, { ca, protocol: values.protocol });
  print({ event: 'connect', protocol: connection.protocol, state: connection.conninfo('state') });
  connection.on('ping', (payload) => print({ event: 'ping', payload: payload.toString() }));
  const closed = new Promise<void>((resolve) =>
    connection.once('disconnect', (code, reason, wasClean) => {
      print({ event: 'disconnect', code, reason, wasClean });
      resolve();
    }),
  );
  const messages = connection[Symbol.asyncIterator]() as AsyncIterator<string | Buffer, undefined>;
  for (const step of steps) {
    const [, kind, argument = ''] = /^(\w+):?(.*)$/s.exec(step) ?? [];
    if (kind === 'ping') {
      const pong = once(connection, 'pong');
      connection.ping(argument);
      assert.deepEqual(await pong, [Buffer.from(argument)]);
      print({ event: 'pong', payload: argument, latency: connection.latency });
    } else if (kind === 'closed') {
      break;
    } else if (kind === 'close') {
      const [code = '1000', reason] = argument.split(':');
      connection.close(Number(code), reason);
    } else {
      const sent = send(connection, kind, argument);
      assert.deepEqual((await messages.next()).value, sent);
      print({ event: 'echo', kind, octets: Buffer.byteLength(sent) });
    }
  }
  if (!steps.includes('closed')) connection.close();
  // After a clean close the iteration is done, after any other it ends with an error; `disconnect` told which.
  const isOver = await messages.next().then(
    ({ done }) => done,
    () => true,
  );
  assert.equal(isOver, true, 'a message came that was not due');
  await closed;
}

/** Sends a message, if it is one of ours; returns what has to come. */
function send(connection: WebSocketClient, kind: string | undefined, argument: string): string | Buffer {
  if (kind === 'receive') return argument;
  if (kind === 'text') {
    connection.send('text', argument);
    return argument;
  }
  if (kind === 'fragments') {
    const pieces = argument.split('|');
    for (const [index, piece] of pieces.entries()) {
      connection.send('text', piece, index === pieces.length - 1);
      if (index === 0) connection.ping('between fragments');
    }
    return pieces.join('');
  }
  assert(kind === 'binary' || kind === 'octets', `no such step: ${String(kind)}`);
  const octets = kind === 'binary' ? Buffer.from(argument, 'hex') : randomBytes(Number(argument));
  connection.send('binary', octets);
  return octets;
}

const [command, ...rest] = process.argv.slice(2);
await (command === 'serve' ? serve(rest) : client(rest));
