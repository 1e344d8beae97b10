import { decline, identity, order, serve } from './scene.js';

const { Deno } = globalThis;
const all = new Set();

const SCENES = {
  echo: (socket) => {
    socket.onmessage = ({ data }) => socket.send(data);
  },
  broadcast: (socket) => {
    all.add(socket);
    socket.onclose = () => all.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const other of all) other.send(data);
    };
  },
};

function upgrade(request) {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => SCENES[order.scene](socket);
  return response;
}

if (order.text === 'buffer') {
  decline('it has no option for text as octets');
} else {
  Deno.serve({ port: 0, hostname: '127.0.0.1', ...identity, onListen: ({ port }) => serve(port) }, upgrade);
}
