/* Judged by the compiler alone, against the declarations that ship. */
import { Agent } from 'node:http';
import { WebSocketClient, type ClientOptions } from 'hawser';
import { expectTrue, type Same } from './expect-type.js';

export function dialling(): void {
  new WebSocketClient('ws://127.0.0.1:8080/');
  const client = new WebSocketClient(new URL('wss://127.0.0.1/'), {
    protocol: ['chat.v2', 'chat.v1'],
    headers: { authorization: 'Bearer x' },
    origin: 'https://example.org',
    timeout: 5000,
    signal: AbortSignal.timeout(1000),
    followRedirects: true,
    maxRedirects: 3,
    handler: (connection, type, message) => {
      if (type === 'text') connection.send('text', message);
    },
    // Node's own
    agent: new Agent(),
    ca: 'certificate',
    servername: 'example.org',
    rejectUnauthorized: false,
    family: 4,
    localAddress: '127.0.0.1',
  });
  expectTrue<Same<typeof client.url, string>>();
  expectTrue<Same<ReturnType<typeof WebSocketClient.open>, Promise<WebSocketClient>>>();

  // @ts-expect-error milliseconds are a number
  new WebSocketClient('ws://127.0.0.1/', { timeout: '5s' });
  // @ts-expect-error no such option
  new WebSocketClient('ws://127.0.0.1/', { perMessageDeflat: true });
  // @ts-expect-error the options come second
  new WebSocketClient('ws://127.0.0.1/', ['chat']);
}

/** An option may be given as undefined: that stands for its default. */
export const undefinedOptions: ClientOptions = {
  protocol: undefined,
  headers: undefined,
  timeout: undefined,
  signal: undefined,
  keepalive: undefined,
  maxMessageBytes: undefined,
};

export function readOnly(options: ClientOptions): void {
  // @ts-expect-error options are read-only
  options.timeout = 1;
}
