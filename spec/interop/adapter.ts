/*
 * An adapter for interoperability, over the public API alone: an echo server, and a client that does what it is told
 * and compares each echo with what it sent. Both print one line of JSON for each thing that happens.
 *
 *   adapter.ts serve [--port <number>] [--tls-key <file> --tls-cert <file>] [--keepalive <seconds>] [--deflate <JSON>]
 *   adapter.ts client [--ca <file>] [--protocol <name>]… [--deflate <JSON>] <url> <step>…
 *
 * The JSON is the option perMessageDeflate. Steps: text:<text>, binary:<hex>, octets:<count> (random ones), log:<count>
 * and table:<count> (text and octets that compress well), fragments:<text>|<text>|… (a ping between them), ping:<text>, receive:<text> (comes by itself), close:<code>:<reason>, closed (by the other side, comes last). The client
 * exits with 1 when something else comes than what is due.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { ServerRegistry, WebSocketClient, type PerMessageDeflateOptions } from '../../lib/index.js';

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
      deflate: { type: 'string', default: 'false' },
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
    perMessageDeflate: JSON.parse(values.deflate) as boolean | PerMessageDeflateOptions,
    tls,
  });
  registry.on('connection', (connection) => {
    const { path, protocol, extensions, peername } = connection;
    print({ event: 'connect', path, protocol, extensions, peername });
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
    options: {
      ca: { type: 'string' },
      protocol: { type: 'string', multiple: true, default: [] },
      deflate: { type: 'string', default: 'true' },
    },
  });
  const [url = '', ...steps] = positionals;
  const ca = values.ca === undefined ? undefined : readFileSync(values.ca);
  const perMessageDeflate = JSON.parse(values.deflate) as boolean | PerMessageDeflateOptions;
  const connection = await WebSocketClient.open(url, { ca, protocol: values.protocol, perMessageDeflate });
  const { protocol, extensions } = connection;
  print({ event: 'connect', protocol, extensions, state: connection.conninfo('state') });
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
  if (kind === 'text' || kind === 'log') {
    const text = kind === 'text' ? argument : log(Number(argument));
    connection.send('text', text);
    return text;
  }
  if (kind === 'fragments') {
    const pieces = argument.split('|');
    for (const [index, piece] of pieces.entries()) {
      connection.send('text', piece, index === pieces.length - 1);
      if (index === 0) connection.ping('between fragments');
    }
    return pieces.join('');
  }
  const make = { binary: hex, octets: random, table }[kind ?? ''];
  assert(make !== undefined, `no such step: ${String(kind)}`);
  const octets = make(argument);
  connection.send('binary', octets);
  return octets;
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex');
}

function random(count: string): Buffer {
  return randomBytes(Number(count));
}

function table(count: string): Buffer {
  return Buffer.from(log(Number(count)));
}

/** Gives ASCII in lines that are alike. */
function log(length: number): string {
  let text = '';
  for (let line = 0; text.length < length; line++) text += `line ${String(line)} of the log: made fast\n`;
  return text.slice(0, length);
}

const [command, ...rest] = process.argv.slice(2);
await (command === 'serve' ? serve(rest) : client(rest));
