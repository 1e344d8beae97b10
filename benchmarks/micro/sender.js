import { payload } from '../load/payload.js';
import { byChunks, chunkOf, openConnection } from './stream.js';

/** Sends so many messages within one read callback. */
function sendingInTurn(perChunk, type, message) {
  return async () => {
    const { connection, stream } = await openConnection((one) => {
      one.on('binary', () => {
        for (let i = 0; i < perChunk; i++) one.send(type, message);
      });
    });
    const chunk = chunkOf(1, 'binary', Buffer.alloc(1));
    stream.emit('data', chunk);
    if (connection.counters.bytesSent === 0) throw new Error('nothing was sent');
    return byChunks(perChunk, () => stream.emit('data', chunk));
  };
}

/** Sends so many messages in a tick of their own. */
function sendingOnTick(perTick, type, message) {
  return async () => {
    const { connection } = await openConnection((one) => one.on('binary', () => undefined));
    return byChunks(perTick, () => {
      for (let i = 0; i < perTick; i++) connection.send(type, message);
    });
  };
}

const octets = (size) => payload('octets', size);
const ascii = (size) => payload('ascii', size).toString();

export const cases = [
  { title: 'binary, 32 octets, 64 in a read callback', prepare: sendingInTurn(64, 'binary', octets(32)) },
  { title: 'binary, 32 octets, alone in a read callback', prepare: sendingInTurn(1, 'binary', octets(32)) },
  { title: 'text, 32 units, 64 in a read callback', prepare: sendingInTurn(64, 'text', ascii(32)) },
  { title: 'text, 1 Ki units, 16 in a read callback', prepare: sendingInTurn(16, 'text', ascii(1024)) },
  { title: 'binary, 32 octets, on the tick', prepare: sendingOnTick(1, 'binary', octets(32)) },
  { title: 'binary, 64 KiB, on the tick', prepare: sendingOnTick(1, 'binary', octets(65_536)) },
];
