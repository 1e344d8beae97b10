import type { Duplex } from 'node:stream';
import type { ConnectionSettings } from './connection-options.js';
import { Sender, type SenderOwner } from './sender.js';

/** Senders of each kind kept for whoever sends next; some 300 octets each. A broadcast may need many at once. */
const MAX_IDLE = 1024;

const idle = { masked: [] as Sender[], plain: [] as Sender[] };

/**
 * Lends a sender that compresses nothing, as good as new.
 * @param totalBytes - octets that were framed for its owner before.
 */
export function lendSender(
  owner: SenderOwner,
  stream: Duplex,
  settings: ConnectionSettings,
  masked: boolean,
  totalBytes: number,
): Sender {
  // hot path: benchmarks/micro/sender
  const sender = (masked ? idle.masked : idle.plain).pop() ?? new Sender(owner, stream, settings, masked);
  sender.begin(owner, stream, settings, totalBytes);
  return sender;
}

/** Takes a sender back that is at rest. */
export function returnSender(sender: Sender): void {
  // hot path: benchmarks/micro/sender
  sender.forget();
  const others = sender.isMasked ? idle.masked : idle.plain;
  if (others.length < MAX_IDLE) others.push(sender);
}
