/*
 * Well-behaved clients, in a process of their own: each sends a short text every few milliseconds and waits for it to
 * come back.
 */
import { WebSocket } from 'ws';
import { answer, orders } from './conversation.js';

const { url, count, everyMs } = orders() as { url: string; count: number; everyMs: number };
let trips: number[] = [];
let lost = 0;

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let sent = 0;
    const send = (): void => {
      if (socket.readyState !== WebSocket.OPEN) return;
      sent = performance.now();
      socket.send('good');
    };
    socket.on('open', () => {
      resolve();
      send();
    });
    socket.on('message', () => {
      trips.push(performance.now() - sent);
      setTimeout(send, everyMs);
    });
    socket.on('close', () => (lost += 1));
    socket.on('error', reject);
  });
}

answer({
  open: () => Promise.all(Array.from({ length: count }, open)).then(() => null),
  /** Tells of the trips since it was asked the last time. */
  trips() {
    const sorted = trips.sort((left, right) => left - right);
    trips = [];
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), worst: at(1), lost };
  },
});
