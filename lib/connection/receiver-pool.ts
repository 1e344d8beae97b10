import type { Duplex } from 'node:stream';
import type { ConnectionSettings } from './connection-options.js';
import { Receiver } from './receiver.js';
import type { ReceiverOwner } from './receiver-owner.js';

/** Receivers kept for the next chunk; as many are in use at once as turns are nested, and messages unfinished. */
const MAX_IDLE = 64;

const idle: Receiver[] = [];

/**
 * Lends a receiver of what is not compressed, as good as new.
 * @param masked - whether what comes is masked.
 * @param isOpen - whether its owner has begun to deliver and to read, and nothing keeps it from that.
 */
export function lendReceiver(
  owner: ReceiverOwner,
  stream: Duplex,
  settings: ConnectionSettings,
  masked: boolean,
  isOpen: boolean,
): Receiver {
  // hot path: benchmarks/micro/receiver
  const receiver = idle.pop() ?? new Receiver(owner, stream, settings, masked);
  receiver.begin(owner, stream, settings, masked, isOpen);
  return receiver;
}

/** Takes a receiver back that is at rest. */
export function returnReceiver(receiver: Receiver): void {
  // hot path: benchmarks/micro/receiver
  receiver.forget();
  if (idle.length < MAX_IDLE) idle.push(receiver);
}
