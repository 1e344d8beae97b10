/*
 * Client on ws; it takes the steps of ../adapter.ts.
 *
 *   ws-client.js [--ca <file>] [--protocol <name>]… [--deflate <JSON>] <url> <step>…
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';

const { version } = createRequire(import.meta.url)('ws/package.json');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ca: { type: 'string' },
    protocol: { type: 'string', multiple: true, default: [] },
    deflate: { type: 'string', default: 'true' },
  },
});
const [url, ...steps] = positionals;

function report(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const received = [];
let wake = () => {};

/** Takes the next message. */
async function next() {
  while (received.length === 0) await new Promise((resolve) => (wake = resolve));
  return received.shift();
}

const connection = new WebSocket(url, values.protocol, {
  ca: values.ca === undefined ? undefined : readFileSync(values.ca),
  maxPayload: 16 * 1024 * 1024,
  perMessageDeflate: JSON.parse(values.deflate),
});
connection.on('message', (data, isBinary) => {
  received.push(isBinary ? data : data.toString());
  wake();
});
connection.on('ping', (payload) => report({ event: 'ping', payload: payload.toString() }));
const closed = new Promise((resolve) => {
  connection.on('close', (code, reason) => {
    report({ event: 'disconnect', code, reason: reason.toString() });
    resolve();
  });
});

/** Sends a message; returns what its echo has to be. */
function send(kind, argument) {
  if (kind === 'fragments') {
    const pieces = argument.split('|');
    for (const [index, piece] of pieces.entries()) {
      connection.send(piece, { fin: index === pieces.length - 1 });
      if (index === 0) connection.ping('between fragments');
    }
    return pieces.join('');
  }
  const make = {
    text: () => argument,
    log: () => log(Number(argument)),
    binary: () => Buffer.from(argument, 'hex'),
    octets: () => randomBytes(Number(argument)),
    table: () => Buffer.from(log(Number(argument))),
  }[kind];
  assert(make !== undefined, `no such step: ${kind}`);
  const data = make();
  connection.send(data);
  return data;
}

/** Gives ASCII in lines that are alike. */
function log(length) {
  let text = '';
  for (let line = 0; text.length < length; line++) text += `line ${line} of the log: made fast\n`;
  return text.slice(0, length);
}

async function take(step) {
  const [, kind, argument] = /^(\w+):?(.*)$/s.exec(step);
  if (kind === 'ping') {
    const sentAt = performance.now();
    connection.ping(argument);
    for (;;) {
      const [payload] = await once(connection, 'pong');
      if (payload.toString() === argument) break;
    }
    report({ event: 'pong', payload: argument, latency: (performance.now() - sentAt) / 1000 });
  } else if (kind === 'close') {
    const [code = '1000', reason] = argument.split(':');
    connection.close(Number(code), reason);
    await closed;
  } else if (kind === 'closed') {
    await closed;
  } else {
    const due = kind === 'receive' ? argument : send(kind, argument);
    assert.deepEqual(await next(), due);
    report({ event: 'echo', kind, octets: Buffer.byteLength(due) });
  }
}

const response = await new Promise((resolve, reject) => {
  connection.on('open', resolve);
  connection.on('unexpected-response', (_request, answer) => resolve(answer));
  connection.on('error', reject);
});
if (response === undefined) {
  const { protocol, extensions } = connection;
  report({ event: 'connect', protocol, extensions, version });
  for (const step of steps) await take(step);
  connection.close();
} else {
  report({ event: 'refused', status: response.statusCode });
  response.destroy();
}
