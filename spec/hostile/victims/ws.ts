/*
 * A victim made of ws, used as its documentation shows.
 */
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { answer, orders } from './conversation.js';
import { Ledger, nap } from './ledger.js';
import type { Orders } from './orders.js';

const { behaviour, listensToErrors = true, options = {} } = orders() as Orders;
const ledger = new Ledger();
const sockets = new Set<WebSocket>();

function watch(socket: WebSocket): void {
  ledger.opened += 1;
  sockets.add(socket);
  if (listensToErrors) socket.on('error', (error) => ledger.noteError(error));
  socket.on('close', (code) => {
    ledger.closed += 1;
    sockets.delete(socket);
    ledger.note(`close ${code}`);
  });
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
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096, ...options });
    server.on('connection', watch);
    await new Promise((resolve) => server.on('listening', resolve));
    return (server.address() as AddressInfo).port;
  },
  dial({ url, options: own }: { url: string; options: object }) {
    const socket = new WebSocket(url, own);
    socket.on('open', () => ledger.note('connect'));
    watch(socket);
  },
  facts: () => ledger.facts(sockets.size),
});
