import { ConnectionClosedError } from '../errors.js';
import { CloseCode } from '../protocol/constants.js';
import type { ClosingDeadline } from './closing-deadline.js';
import type { Origin } from './connection-events.js';

/** Tells how a session ended. */
export interface Outcome {
  /** Code received: 1005 if the peer's Close was empty, 1006 if there was none. */
  readonly code: number;
  readonly reason: string;
  /** Whether both Close frames were seen. */
  readonly wasClean: boolean;
}

const NOTHING_RECEIVED = { code: CloseCode.ABNORMAL_CLOSURE, reason: '' };

/** Is what a session knows of its end, from when that begins: who said what, and what is left of the byte stream. */
export class Ending {
  /** Side that began the closing handshake, or decided the end. */
  closedBy: Origin | undefined;
  /** What our Close says, or would. */
  closeCode: number = CloseCode.NO_STATUS_RECEIVED;
  closeReason = '';
  /** Code of our Close, once it was put on the socket. */
  sentCode: number | undefined;
  /** What the peer's Close said. */
  received: { readonly code: number; readonly reason: string } | undefined;
  failure: Error | undefined;
  deadline: ClosingDeadline | undefined;
  /** Whether the stream went before it had taken our Close. */
  isCut = false;
  /** Whether our direction of the byte stream ends, or will once all is written. */
  isEndingStream = false;
  /** Directions of the byte stream that are not at their end. */
  openDirections = 2;

  /** Tells how the session ended, or would if the stream went now. */
  get outcome(): Outcome {
    const { code, reason } = this.received ?? NOTHING_RECEIVED;
    const wasClean = this.received !== undefined && this.sentCode !== undefined && !this.isCut;
    return { code, reason, wasClean };
  }

  /** Makes the error for whatever the end of the session prevents. */
  closedError(): ConnectionClosedError {
    const { code, reason, wasClean } = this.outcome;
    const cause = this.failure === undefined ? undefined : { cause: this.failure };
    return new ConnectionClosedError(code, this.sentCode, reason, wasClean, cause);
  }
}
