import type { MessageTaker } from './message-iterator.js';

/** Says how much a stream's reader wants: nothing as long as nobody uses the connection as a stream. */
export const Demand = { NONE: 0, WANTED: 1, FULL: 2 } as const;
export type Demand = (typeof Demand)[keyof typeof Demand];

/** Is what a connection knows of those who read it as a stream, pause it, or have left it. Most have nobody of the kind. */
export class StreamReading {
  demand: Demand = Demand.NONE;
  isPaused = false;
  /** Whether nobody will read what is still to be delivered. */
  isAbandoned = false;
  /** Ends the wait for somebody who takes what the peer said before it closed. */
  consumerDeadline: NodeJS.Timeout | undefined;
  /** Those who wait for a message in `for await`. */
  takers: MessageTaker[] | undefined;
  /** Whether somebody takes a message right now, and delivers it meanwhile. */
  isTaking = false;
}
