import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const OPENING_TIMEOUT_MS = 30_000;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HEADER_END = Buffer.from('\r\n\r\n');
const READ_LENGTH = { short: 64 * 1024, long: 1024 * 1024 };

/** What a server answers to a key (RFC 6455 §4.2.2). */
export function acceptKey(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/** Sockets of one process take turns, and so share the buffer that they read into. */
const readBuffers = new Map();

function readBuffer(kind) {
  if (!readBuffers.has(kind)) readBuffers.set(kind, Buffer.alloc(READ_LENGTH[kind]));
  return readBuffers.get(kind);
}

/** Opens a byte stream; each chunk is valid only during the call of `onOctets`. */
function connectSocket({ port, tls, localAddress, reads = 'short' }, onOctets) {
  const target = { port, host: '127.0.0.1', localAddress, noDelay: true };
  if (tls) return connectTls({ ...target, rejectUnauthorized: false }).on('data', onOctets);
  const onread = {
    buffer: readBuffer(reads),
    callback: (length, buffer) => {
      onOctets(buffer.subarray(0, length));
      return true;
    },
  };
  return connect({ ...target, onread });
}

/**
 * Opens a WebSocket on a raw socket.
 * @param {object} options `port`, `tls`, `localAddress`, `reads`, `extensions` to offer
 * @returns {Promise<{ socket, extensions, onOctets }>} `onOctets` is to be set by the caller, at once
 */
export function open(options) {
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const opened = { socket: undefined, extensions: '', onOctets: undefined, onBroken: undefined };
    const timer = setTimeout(() => reject(new Error('the server does not answer')), OPENING_TIMEOUT_MS);
    const socket = connectSocket(options, (chunk) => {
      if (opened.onOctets !== undefined) {
        opened.onOctets(chunk);
        return;
      }
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf(HEADER_END);
      if (end < 0) return;
      clearTimeout(timer);
      const head = answer.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101') || !head.includes(acceptKey(key)) || answer.length > end + 4) {
        reject(new Error(`the server answered ${head.slice(0, 200)}`));
        return;
      }
      opened.extensions = /^sec-websocket-extensions: *(.*)$/im.exec(head)?.[1] ?? '';
      resolve(opened);
    });
    opened.socket = socket;
    socket.on('error', (error) => {
      reject(error);
      opened.onBroken?.(error);
    });
    socket.on('close', () => {
      reject(new Error('the server closed a connection'));
      opened.onBroken?.(new Error('the server closed a connection'));
    });
    socket.write(
      [
        'GET / HTTP/1.1',
        `Host: 127.0.0.1:${options.port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${key}`,
        ...(options.extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${options.extensions}`]),
        '\r\n',
      ].join('\r\n'),
    );
  });
}

/** Source addresses to spread many connections over, so that no pair of addresses runs out of ports. */
function sourceAddress(index, connections) {
  if (process.platform !== 'linux' || connections < 5000) return undefined;
  return `127.0.0.${1 + (index % 8)}`;
}

/** Opens many WebSockets, a few at a time. */
export async function openAll(count, options, onOpen) {
  let next = 0;
  const openSome = async () => {
    while (next < count) {
      const index = next++;
      onOpen(await open({ ...options, localAddress: sourceAddress(index, count) }), index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, 64) }, openSome));
}
