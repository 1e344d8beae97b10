import { decline, identity, order, serve } from './scene.js';

const LONGEST = 32 * 1024 * 1024;

const { Bun } = globalThis;
const doesCompress = order.deflate !== undefined;

const SCENES = {
  echo: { message: (socket, message) => socket.send(message, doesCompress) },
  broadcast: {
    open: (socket) => socket.subscribe('all'),
    message: (_socket, message) => server.publish('all', message),
  },
};

let server;
if (order.text === 'buffer') {
  decline('it has no option for text as octets');
} else {
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    ...(identity !== undefined && { tls: identity }),
    fetch: (request, { upgrade }) =>
      upgrade.call(server, request) ? undefined : new Response(null, { status: 400 }),
    websocket: {
      perMessageDeflate: doesCompress,
      maxPayloadLength: LONGEST,
      backpressureLimit: LONGEST * 4,
      ...SCENES[order.scene],
    },
  });
  serve(server.port);
}
