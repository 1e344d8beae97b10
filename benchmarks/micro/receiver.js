import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { payload } from '../load/payload.js';
import { SocketSink, byChunks, chunkOf, openConnection } from './stream.js';

const IGNORE = () => undefined;

/** Receives chunks of so many messages, as the stream below a connection gives them. */
function receiving(perChunk, type, size, prepare, options) {
  return async () => {
    const { connection, stream } = await openConnection(prepare, options);
    const chunk = chunkOf(perChunk, type, payload(type === 'text' ? 'ascii' : 'octets', size));
    stream.emit('data', chunk);
    if (connection.counters.messagesReceived !== perChunk) throw new Error('not all was received');
    return byChunks(perChunk, () => stream.emit('data', chunk));
  };
}

/** Receives a message a chunk, as the socket below a connection gets it from the system. */
async function receivingFromSocket() {
  const { connection, stream } = await openConnection(
    (one) => one.on('binary', IGNORE),
    {},
    new SocketSink(),
  );
  const chunk = chunkOf(1, 'binary', payload('octets', 32));
  stream.push(chunk);
  if (connection.counters.messagesReceived !== 1) throw new Error('not all was received');
  return byChunks(1, () => stream.push(chunk));
}

const nowhere = () => new Writable({ objectMode: true, write: (_message, _encoding, done) => done() });

/** Receives chunks of so many messages, a turn each, for a loop. */
function looping(perChunk, size) {
  return async () => {
    const { connection, stream } = await openConnection(async (one) => {
      for await (const message of one) IGNORE(message);
    });
    const chunk = chunkOf(perChunk, 'binary', payload('octets', size));
    return async (count) => {
      const all = connection.counters.messagesReceived + Math.ceil(count / perChunk) * perChunk;
      while (connection.counters.messagesReceived < all) {
        stream.emit('data', chunk);
        await nextTurn();
      }
    };
  };
}

export const cases = [
  {
    title: 'binary, 32 octets, 64 in a chunk',
    prepare: receiving(64, 'binary', 32, (one) => one.on('binary', IGNORE)),
  },
  {
    title: 'binary, 32 octets, alone',
    prepare: receiving(1, 'binary', 32, (one) => one.on('binary', IGNORE)),
  },
  { title: 'binary, 32 octets, alone, from a socket', prepare: receivingFromSocket },
  {
    title: 'text, 32 octets, 64 in a chunk',
    prepare: receiving(64, 'text', 32, (one) => one.on('text', IGNORE)),
  },
  {
    title: 'text, 1 KiB, 16 in a chunk',
    prepare: receiving(16, 'text', 1024, (one) => one.on('text', IGNORE)),
  },
  {
    title: 'binary, 32 octets, to a handler',
    prepare: receiving(64, 'binary', 32, IGNORE, { handler: IGNORE }),
  },
  {
    title: 'binary, 32 octets, into a pipe',
    prepare: receiving(16, 'binary', 32, (one) => one.pipe(nowhere())),
  },
  {
    title: 'binary, 32 octets, in a loop',
    prepare: looping(64, 32),
  },
];
