import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import type { Outcome, Receive } from './outcome.js';

/** Is what the parser of undici calls. */
interface HandlerOfUndici {
  readyState: number;
  readonly closeState: Set<number>;
  readonly socket: {
    readonly destroyed: boolean;
    readonly writableNeedDrain: boolean;
    write(octets: Buffer): void;
    destroy(): void;
  };
  readonly controller: { abort(): void };
  onMessage(opcode: number, data: Buffer): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
}

interface ReceiverModule {
  readonly ByteParser: new (
    handler: HandlerOfUndici,
    extensions: null,
    options: { readonly maxPayloadSize: number },
  ) => Writable & { readonly closingInfo?: { readonly code?: number; readonly reason: string } };
}

const require = createRequire(import.meta.url);
const { ByteParser } = require('undici/lib/web/websocket/receiver.js') as ReceiverModule;

const OPEN = 1;
const CLOSING = 2;
const TEXT = 1;
const CLOSE = 8;

/** Receives with the parser of undici, which Node's own WebSocket is made of: a client, always. */
export const receiveWithUndici: Receive = (chunks, { maxMessageBytes }): Outcome => {
  const events: string[] = [];
  let end = 'open';
  let failureCode = 1002;
  const fail = (code: number): void => {
    if (end === 'open') end = `fail ${code}`;
  };
  // It is told to stop when it fails, and may yet finish its chunk.
  const take = (kind: string, data: Buffer): void => {
    if (end === 'open') events.push(`${kind} ${data.toString('hex')}`);
  };
  const handler: HandlerOfUndici = {
    readyState: OPEN,
    closeState: new Set(),
    socket: {
      destroyed: false,
      writableNeedDrain: false,
      write: (octets) => {
        if (octets[0]! % 16 === CLOSE) failureCode = closeCodeOf(octets);
      },
      destroy: () => fail(failureCode),
    },
    controller: { abort: () => undefined },
    onMessage: (opcode, data) => {
      // What its WebSocket does with a text: the parser itself does not look at it.
      if (opcode === TEXT && !isUtf8(data)) fail(1007);
      else take(opcode === TEXT ? 'text' : 'binary', data);
    },
    onPing: (data) => take('ping', data),
    onPong: (data) => take('pong', data),
  };
  // There 0 stands for no limit.
  const parser = new ByteParser(handler, null, {
    maxPayloadSize: maxMessageBytes === Infinity ? 0 : maxMessageBytes,
  });
  let at = 0;
  for (const chunk of chunks) {
    at += chunk.length;
    parser._write(chunk, 'binary', () => undefined);
    if (end === 'open' && handler.readyState === CLOSING) {
      const { code = 1005, reason = '' } = parser.closingInfo ?? {};
      end = `close ${code} ${Buffer.from(reason).toString('hex')}`;
    }
    if (end !== 'open') return { events, end, at, rules: [] };
  }
  return { events, end, at: 0, rules: [] };
};

/** Reads the code out of a masked Close. */
function closeCodeOf(frame: Buffer): number {
  return frame.length < 8 ? 1005 : (frame[6]! ^ frame[2]!) * 256 + (frame[7]! ^ frame[3]!);
}
