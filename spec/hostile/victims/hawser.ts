/*
 * A victim made of hawser, from the folder of sources that the orders name.
 */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Hawser from '../../../lib/index.js';
import type { Library } from '../library.js';
import { answer, orders } from './conversation.js';
import { Ledger, nap } from './ledger.js';
import type { Behaviour, Orders } from './orders.js';

type HawserOrders = Orders & { readonly library: Library & { readonly name: 'hawser' } };

const { behaviour, listensToErrors = true, options = {}, limits, library } = orders() as HawserOrders;
const hawser = (await import(pathToFileURL(join(library.folder, 'index.ts')).href)) as typeof Hawser;
const { ServerRegistry, WebSocketClient, processLimits, setLogger } = hawser;
const quiet = (): void => {};
setLogger({ debug: quiet, info: quiet, warn: quiet, error: quiet });
if (limits !== undefined) processLimits(limits);

const ledger = new Ledger();
const dialled = new Set<Hawser.WebSocketClient>();
let registry: Hawser.ServerRegistry | undefined;

const handlers: Partial<Record<Behaviour, Hawser.Handler>> = {
  async reject(...[connection, type, message]) {
    if (type !== 'text' && type !== 'binary') return;
    await nap();
    if (message.toString() === 'throw') throw new Error('as told');
    connection.send(type, message);
  },
  async slow(...[, type, message]) {
    if (type !== 'text' && type !== 'binary') return;
    ledger.take(message);
    await nap();
  },
};
const handler = handlers[behaviour];

/** Makes a connection behave, and records what becomes of it. */
function watch(connection: Hawser.Connection): void {
  ledger.opened += 1;
  if (listensToErrors) connection.on('error', (error) => ledger.noteError(error));
  connection.on('closing', (code, _, origin) => ledger.note(`closing ${code} ${origin}`));
  connection.on('timeout', (what) => ledger.note(`timeout ${what}`));
  connection.on('close', (code) => {
    ledger.closed += 1;
    ledger.note(`close ${code}`);
  });
  if (handler !== undefined) return;
  connection.on('message', (data, isBinary) => {
    ledger.take(data);
    if (behaviour === 'throw' && data.toString() === 'throw') throw new Error('as told');
    if (behaviour !== 'count') connection.send(isBinary ? 'binary' : 'text', data);
  });
}

answer({
  async listen() {
    registry = await ServerRegistry.listen({
      port: 0,
      host: '127.0.0.1',
      backlog: 4096,
      ...(handler === undefined ? {} : { handler }),
      ...options,
    });
    registry.on('connection', watch);
    registry.on('rejected', (_, status) => ledger.note(`rejected ${status}`));
    return (registry.address() as AddressInfo).port;
  },
  dial({ url, options: own }: { url: string; options: object }) {
    const client = new WebSocketClient(url, { ...(handler === undefined ? {} : { handler }), ...own });
    dialled.add(client);
    client.on('connect', () => ledger.note('connect'));
    client.on('close', () => dialled.delete(client));
    watch(client);
  },
  facts: () => ledger.facts((registry?.size ?? 0) + dialled.size),
  async drain(how: Hawser.DrainOptions) {
    const start = performance.now();
    await registry!.drain(how);
    return performance.now() - start;
  },
});
