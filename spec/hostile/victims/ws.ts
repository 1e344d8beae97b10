/*
 * A victim made of ws, used as its documentation shows.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { applicationServer, authorise } from './application.js';
import { answer, orders } from './conversation.js';
import { Ledger, nap } from './ledger.js';
import { ODD_VALUES, tellOf, type OddCall } from './odd-values.js';
import type { Orders } from './orders.js';
import { fail, failIn, placeOf } from './places.js';
import { repeat, type BroadcastOrders } from './repetition.js';

const { behaviour, listensToErrors = true, options = {}, ...hosting } = orders() as Orders;
const { joins = false, authorises = false, livePath, tls } = hosting;
const ledger = new Ledger();
const sockets = new Set<WebSocket>();
let server: WebSocketServer | undefined;

function verify(
  { req }: { readonly req: IncomingMessage },
  conclude: (admits: boolean, status?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
): void {
  void authorise(req).then((decision) => {
    if (decision.admits) conclude(true);
    else conclude(false, 403, 'Forbidden', { 'X-Asked': decision.asked });
  });
}

function chatter(socket: WebSocket): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send('and another thing');
  setImmediate(chatter, socket);
}

function watch(socket: WebSocket, path?: string): void {
  const account = ledger.open();
  sockets.add(socket);
  if (listensToErrors) socket.on('error', (error) => account.error(error));
  socket.on('close', (code) => {
    sockets.delete(socket);
    account.close(code);
  });
  if (behaviour === 'chatter') {
    if (socket.readyState === WebSocket.OPEN) chatter(socket);
    else socket.on('open', () => chatter(socket));
    return;
  }
  const place = behaviour === 'fail' ? placeOf(path) : undefined;
  if (place === undefined) listen(socket);
  else if (place.who === 'listener') socket.on(place.what, () => fail(place));
}

function listen(socket: WebSocket): void {
  const hear = (data: Buffer, isBinary: boolean): void => {
    ledger.take(data);
    if (data.toString() === 'throw' && behaviour === 'throw') throw new Error('as told');
    if (behaviour !== 'count') socket.send(data, { binary: isBinary });
  };
  const think = async (data: Buffer, isBinary: boolean): Promise<void> => {
    if (behaviour === 'slow') ledger.take(data);
    await nap();
    if (data.toString() === 'throw' && behaviour === 'reject') throw new Error('as told');
    if (behaviour === 'reject') socket.send(data, { binary: isBinary });
  };
  if (behaviour === 'slow' || behaviour === 'reject') {
    socket.on('message', (data, isBinary) => void think(data as Buffer, isBinary));
  } else socket.on('message', (data, isBinary) => hear(data as Buffer, isBinary));
}

answer({
  async listen() {
    const place = { port: 0, host: '127.0.0.1', backlog: 4096 };
    const application = joins ? applicationServer(ledger) : tls && createServer(tls);
    server = new WebSocketServer({
      ...(application === undefined ? place : { server: application }),
      ...(livePath !== undefined && { path: livePath }),
      ...options,
      ...(authorises && { verifyClient: verify }),
      ...(behaviour === 'fail' && {
        verifyClient: ({ req }: { req: IncomingMessage }) => failIn(req.url, 'option', 'authorize', true),
        handleProtocols: (_: Set<string>, { url }: IncomingMessage) =>
          failIn(url, 'option', 'selectProtocol', false),
      }),
    });
    application?.listen(place);
    server.on('connection', (socket, { url }) => {
      watch(socket, url);
      if (behaviour === 'fail') failIn(url, 'registry', 'connection', undefined);
    });
    const listening = server;
    await new Promise((resolve) => listening.on('listening', resolve));
    return (server.address() as AddressInfo).port;
  },
  dial({ url, options: own }: { url: string; options: { readonly protocol?: string[] } }) {
    const { protocol, ...others } = { ...options, ...own };
    const socket = new WebSocket(url, protocol, others);
    socket.on('open', () => ledger.note('connect'));
    watch(socket, new URL(url).pathname);
  },
  facts: () => ledger.facts(sockets.size),
  /** Closes all and waits; ws has nothing for those that do not answer but its own 30 s. */
  async drain({ code }: { code: number }) {
    const start = performance.now();
    const closed = new Promise((resolve) => server!.close(resolve));
    for (const socket of sockets) socket.close(code);
    await closed;
    return performance.now() - start;
  },
  close({ code, reason }: { code: number; reason?: string }) {
    for (const socket of sockets) socket.close(code, reason);
  },
  terminate() {
    for (const socket of sockets) socket.terminate();
  },
  say(octets: number) {
    const message = Buffer.alloc(64 * 1024);
    for (const socket of sockets)
      for (let said = 0; said < octets; said += message.length) socket.send(message);
  },
  /** Sends to all, as the documentation does. */
  async broadcast(how: BroadcastOrders) {
    let taken = 0;
    const repetition = await repeat(how, (message) => {
      for (const socket of sockets) {
        if (socket.readyState !== WebSocket.OPEN) continue;
        socket.send(message);
        taken += 1;
      }
    });
    return { ...repetition, taken, dropped: 0 };
  },
  odd({ call, name }: OddCall) {
    const [socket] = [...sockets];
    const value = ODD_VALUES[name]!() as string;
    return tellOf(() => {
      if (call === 'close') socket!.close(1000, value);
      else if (call === 'ping') socket!.ping(value);
      else socket!.send(value, { binary: true });
    });
  },
});
