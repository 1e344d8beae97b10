import type { Duplex } from 'node:stream';
import type { Delivery } from './inbox.js';
import type { BudgetHolder } from './process-limits.js';

/** Takes what a receiver finds. */
export interface ReceiverOwner extends BudgetHolder {
  /** Takes a message that may be delivered now. */
  deliver(message: Delivery): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onPeerClose(code: number, reason: string): void;
  /** Learns that octets came, before they are parsed. */
  onOctets(count: number): void;
  /** Learns that the peer goes on and on, though nothing that it sends counts any more. */
  onUselessFlood(): void;
  /** Learns that the peer ended its direction, and that all that came before was parsed. */
  onEnd(): void;
  /** Learns that nothing is under way, and that this may be lent to somebody else. */
  receiverOnRest(): void;
  /** Brackets what happens in one read callback; what is sent otherwise leaves on the next tick. */
  beginTurn(): void;
  endTurn(): void;
}

/** Stands for the owner of a receiver that nobody has, and for its stream. */
export const NOBODY = Object.freeze({}) as ReceiverOwner;
export const NO_STREAM = Object.freeze({}) as Duplex;
