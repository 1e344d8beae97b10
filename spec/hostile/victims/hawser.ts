/*
 * A victim made of hawser, from the folder of sources that the orders name.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Hawser from '../../../lib/index.js';
import type { Library } from '../library.js';
import { applicationServer, authorise } from './application.js';
import { answer, orders } from './conversation.js';
import { failingHandler, failingOptions, failInListener, failInRegistry } from './failing-hawser.js';
import { Ledger, nap } from './ledger.js';
import { ODD_VALUES, tellOf, type OddCall } from './odd-values.js';
import type { Behaviour, Orders } from './orders.js';
import { repeat, type BroadcastOrders } from './repetition.js';

type HawserOrders = Orders & { readonly library: Library & { readonly name: 'hawser' } };

const {
  behaviour,
  listensToErrors = true,
  options = {},
  limits,
  library,
  ...hosting
} = orders() as HawserOrders;
const { joins = false, authorises = false, livePath, tls } = hosting;
const hawser = (await import(pathToFileURL(join(library.folder, 'index.ts')).href)) as typeof Hawser;
const { ServerRegistry, WebSocketClient, processLimits, refuse, setLogger } = hawser;
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
  fail: failingHandler,
};
const handler = handlers[behaviour];
const common = { ...(handler === undefined ? {} : { handler }), ...options };

async function authorize(request: IncomingMessage): Promise<Hawser.Refusal | undefined> {
  const decision = await authorise(request);
  return decision.admits ? undefined : refuse(403, { headers: { 'X-Asked': decision.asked } });
}

function* connections(): Iterable<Hawser.Connection> {
  if (registry !== undefined) yield* registry;
  yield* dialled;
}

/** Sends as fast as it is taken, until it is told that nothing can be sent any more. */
function chatter(connection: Hawser.Connection): void {
  const sent = connection.send('text', 'and another thing');
  connection.write('and in writing', (error) => {
    if (error !== null && error !== undefined) ledger.note(`write ${(error as { code?: string }).code!}`);
  });
  if (sent === -1) ledger.note('send -1');
  else setImmediate(chatter, connection);
}

/** Makes a connection behave, and records what becomes of it. */
function watch(connection: Hawser.Connection, path = connection.path): void {
  const account = ledger.open();
  if (listensToErrors) connection.on('error', (error) => account.error(error));
  connection.on('closing', (code, _, origin) => ledger.note(`closing ${code} ${origin}`));
  connection.on('timeout', (what) => ledger.note(`timeout ${what}`));
  connection.on('close', (code) => account.close(code));
  if (behaviour === 'chatter') connection.once('connect', () => chatter(connection));
  if (behaviour === 'fail') failInListener(connection, path);
  else if (handler === undefined && behaviour !== 'chatter') listen(connection);
}

function listen(connection: Hawser.Connection): void {
  connection.on('message', (data, isBinary) => {
    ledger.take(data);
    if (behaviour === 'throw' && data.toString() === 'throw') throw new Error('as told');
    if (behaviour !== 'count') connection.send(isBinary ? 'binary' : 'text', data);
  });
}

answer({
  async listen() {
    const own: Hawser.RegistryOptions = {
      ...common,
      ...(behaviour === 'fail' ? failingOptions(hawser) : {}),
      ...(authorises && { authorize }),
    };
    const place = { port: 0, host: '127.0.0.1', backlog: 4096 };
    const application = joins ? applicationServer(ledger) : undefined;
    registry =
      application === undefined
        ? await ServerRegistry.listen({ ...place, ...(tls && { tls }), ...own })
        : new ServerRegistry(own).attach(application);
    if (livePath !== undefined) registry.live(livePath);
    registry.on('connection', (connection) => watch(connection));
    registry.on('rejected', (_, status) => ledger.note(`rejected ${status}`));
    if (behaviour === 'fail') failInRegistry(registry);
    if (application !== undefined) await once(application.listen(place), 'listening');
    return ((application ?? registry).address() as AddressInfo).port;
  },
  dial({ url, options: own }: { url: string; options: object }) {
    const client = new WebSocketClient(url, { ...common, ...own });
    dialled.add(client);
    client.on('connect', () => ledger.note('connect'));
    client.on('close', () => dialled.delete(client));
    watch(client, new URL(url).pathname);
  },
  facts: () => ledger.facts((registry?.size ?? 0) + dialled.size),
  async drain(how: Hawser.DrainOptions) {
    const start = performance.now();
    await registry!.drain(how);
    return performance.now() - start;
  },
  close({ code, reason }: { code: number; reason?: string }) {
    for (const connection of connections()) connection.close(code, reason);
  },
  terminate() {
    for (const connection of connections()) connection.terminate();
  },
  /** Sends so many octets on each connection, in messages of 64 KiB. */
  say(octets: number) {
    const message = Buffer.alloc(64 * 1024);
    for (const connection of connections())
      for (let said = 0; said < octets; said += message.length) connection.send('binary', message);
  },
  async broadcast(how: BroadcastOrders) {
    let taken = 0;
    const repetition = await repeat(how, (message) => (taken += registry!.broadcast('binary', message)));
    let dropped = 0;
    for (const { counters } of registry!) dropped += counters.messagesDropped;
    return { ...repetition, taken, dropped };
  },
  /** Does something odd on its one connection. */
  odd({ call, name }: OddCall) {
    const [connection] = [...connections()];
    const value = ODD_VALUES[name]!() as string;
    return tellOf(() => {
      if (call === 'send') connection!.send('binary', value);
      else if (call === 'write') connection!.write(value);
      else if (call === 'ping') connection!.ping(value);
      else connection!.close(1000, value);
    });
  },
  /** Lets the clock on the wall jump. */
  jump(milliseconds: number) {
    const { now } = Date;
    Date.now = () => now() + milliseconds;
  },
});
