/*
 * The floor: a raw socket, and frames made beforehand.
 */
import { frame } from '../load/frames.js';
import { open } from '../load/opening.js';
import { payload } from '../load/payload.js';
import { order, play } from './scene.js';

const message = payload(order.content, order.size);
const masked = frame(order.type, message, { masked: true });
const headerLength = masked.length - order.size - 4;

play(async (url, onMessage) => {
  const opened = await open({ port: order.port });
  let rest = Buffer.alloc(0);
  opened.onOctets = (chunk) => {
    let octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (; octets.length >= headerLength + order.size; octets = octets.subarray(headerLength + order.size)) {
      onMessage(octets.subarray(headerLength, headerLength + order.size));
    }
    rest = Buffer.from(octets);
  };
  return () => opened.socket.write(masked);
});
