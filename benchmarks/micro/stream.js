import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frame } from '../load/frames.js';
import { load } from './build.js';

/** A byte stream in memory that takes at once whatever is written. */
export class Sink extends Duplex {
  _read() {}

  _write(_chunk, _encoding, done) {
    done();
  }
}

/** The same as a socket. */
export class SocketSink extends Socket {
  _read() {}

  _write(_chunk, _encoding, done) {
    done();
  }
}

/** Makes a chunk of so many equal frames, as a client sends them, whose masking changes nothing: it can be used again. */
export function chunkOf(count, type, payload) {
  const framed = frame(type, payload, { masked: true });
  const keyAt = framed.length - payload.length - 4;
  framed.fill(0, keyAt, keyAt + 4);
  payload.copy(framed, keyAt + 4);
  return Buffer.concat(Array.from({ length: count }, () => framed));
}

/** Makes an open connection of a server over a stream in memory; `prepare` gives it its listeners. */
export async function openConnection(prepare, options = {}, stream = new Sink()) {
  const { WebSocketServer } = await load('index.js');
  const connection = new WebSocketServer(stream, { keepalive: 0, ...options });
  prepare(connection);
  await nextTurn();
  return { connection, stream };
}

/** Runs an operation for each of `count` messages, `perChunk` at a time, with a turn of the event loop now and then. */
export function byChunks(perChunk, operate) {
  return async (count) => {
    const chunks = Math.ceil(count / perChunk);
    for (let i = 1; i <= chunks; i++) {
      operate();
      // What the stream calls back for waits for the end of the turn.
      if (i % 16 === 0) await nextTurn();
    }
    await nextTurn();
  };
}
