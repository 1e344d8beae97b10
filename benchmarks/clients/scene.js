/*
 * What the clients of all peers have in common: they open connections, keep so many messages in flight on each, and
 * compare every echo.
 */
import { answer, fail, order, tell } from '../channel.js';
import { payload } from '../load/payload.js';
import { usage } from '../usage.js';

export { order } from '../channel.js';

const message = payload(order.content, order.size);

function check(data) {
  if (!(data instanceof Uint8Array)) fail(new Error(`a message came as ${typeof data}`));
  else if (message.compare(data) !== 0) fail(new Error('a message differs from what was sent'));
}

/**
 * Plays the scene.
 * @param connect opens a connection to a URL and returns a promise of a function that sends octets; calls its second
 * argument with the octets of each message
 */
export function play(connect) {
  const senders = [];
  let isRunning = false;
  let underWay = 0;
  let whenDrained;
  const openOne = async () => {
    const send = await connect(`ws://127.0.0.1:${order.port}/`, (data) => {
      check(data);
      if (isRunning) send(message);
      else if (--underWay === 0) whenDrained?.();
    });
    senders.push(send);
  };
  answer({
    usage,
    open: () => Promise.all(Array.from({ length: order.connections }, openOne)),
    start: () => {
      isRunning = true;
      for (const send of senders) for (let i = 0; i < order.inFlight; i++) send(message);
      underWay = senders.length * order.inFlight;
    },
    drain: async () => {
      isRunning = false;
      if (underWay > 0) await new Promise((resolve) => (whenDrained = resolve));
    },
  });
  tell({});
}
