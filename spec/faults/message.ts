import { randomNumbers, octetsOf } from '../differential/payload.js';
import type { PlannedMessage, Side } from './schedule.js';

/** Is the content of a planned message. */
export type Content = string | Buffer;

const ACK = /^ack (\d+)$/;

/** Writes the confirmation of the message of this index. */
export function ackOf(index: number): string {
  return `ack ${String(index)}`;
}

/** Reads the index of a confirmation; undefined for every other message. */
export function readAck(content: Content): number | undefined {
  const match = typeof content === 'string' ? ACK.exec(content) : null;
  return match === null ? undefined : Number(match[1]);
}

/** Makes the content of a message from what was planned: for the one who sends it, and for the one who checks it. */
export function contentOf(seed: number, side: Side, index: number, plan: PlannedMessage): Content {
  const own = randomNumbers(seed * 2 + (side === 'client' ? 0 : 1))(2 ** 31) + index;
  // No text of these begins as a confirmation does.
  if (plan.type === 'text')
    return plan.octets === 0
      ? ''
      : `${String(index % 10)}${octetsOf({ kind: 'text', length: plan.octets - 1, seed: own }).toString()}`;
  return octetsOf({ kind: 'noise', length: plan.octets, seed: own });
}

/** Cuts a message into fragments, some of which may be empty. */
export function fragmentsOf<T extends Content>(content: T, count: number): T[] {
  const size = Math.ceil(content.length / count);
  return Array.from({ length: count }, (_, at) => content.slice(at * size, (at + 1) * size) as T);
}
