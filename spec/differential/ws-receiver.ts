import type { Writable } from 'node:stream';
import * as ws from 'ws';
import type { Receive } from './outcome.js';

/** Is what `ws` exports beside its declared types. */
type ReceiverOfWs = new (options: { readonly isServer: boolean; readonly maxPayload: number }) => Writable;

const { Receiver } = ws as unknown as { readonly Receiver: ReceiverOfWs };

/** Receives with the `Receiver` of ws, without a limit on fragments. */
export const receiveWithWs: Receive = (chunks, { role, maxMessageBytes }) => {
  // There 0 stands for no limit.
  const maxPayload = maxMessageBytes === Infinity ? 0 : maxMessageBytes;
  const receiver = new Receiver({ isServer: role === 'server', maxPayload });
  const events: string[] = [];
  let end = 'open';
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    events.push(`${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`),
  );
  receiver.on('ping', (data: Buffer) => events.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => events.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => {
    end = `close ${code} ${reason.toString('hex')}`;
  });
  const takeError = (error?: Error | null): void => {
    if (error) end = `fail ${codeOf(error)}`;
  };
  let at = 0;
  for (const chunk of chunks) {
    at += chunk.length;
    // The stream would tell of the error in a later turn.
    receiver._write(chunk, 'binary', takeError);
    if (end !== 'open') return { events, end, at, rules: [] };
  }
  return { events, end, at: 0, rules: [] };
};

/** Gives the status code that ws would send: it stands under a symbol of its own. */
function codeOf(error: Error): number {
  const [symbol] = Object.getOwnPropertySymbols(error).filter(
    ({ description }) => description === 'status-code',
  );
  if (symbol === undefined) throw error;
  return (error as unknown as Record<symbol, number>)[symbol]!;
}
