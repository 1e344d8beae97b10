/*
 * The floor: a raw socket, and frames made beforehand.
 */
import { frame } from '../load/frames.js';
import { open } from '../load/opening.js';
import { payload } from '../load/payload.js';
import { order, play } from './scene.js';

const message = payload(order.content, order.size);
const masked = frame(order.type, message, { masked: true });
const frameLength = frame(order.type, message).length;

play(async (url, onMessage) => {
  const opened = await open({ port: order.port });
  let rest = Buffer.alloc(0);
  opened.onOctets = (chunk) => {
    let octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // One write for all that is sent while a chunk is looked at.
    opened.socket.cork();
    for (; octets.length >= frameLength; octets = octets.subarray(frameLength)) {
      onMessage(octets.subarray(frameLength - order.size, frameLength));
    }
    opened.socket.uncork();
    rest = Buffer.from(octets);
  };
  return () => opened.socket.write(masked);
});
