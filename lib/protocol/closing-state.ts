/**
 * Names where a connection stands between its opening and its end (RFC 6455 §7), as one machine:
 *
 *   CONNECTING → OPEN ─┬→ CLOSE_SENT ─────┬→ CLOSE_COMPLETE → CLOSED
 *                      └→ CLOSE_RECEIVED ─┘
 *
 * Every state may fall to CLOSED at once when the byte stream goes.
 */
export const ClosingState = {
  /** The opening handshake is not done. */
  CONNECTING: 0,
  /** Messages flow both ways. */
  OPEN: 1,
  /** We have begun the closing handshake; the peer may still send. */
  CLOSE_SENT: 2,
  /** The peer has begun the closing handshake; our answer is under way. */
  CLOSE_RECEIVED: 3,
  /** Both Close frames are seen; the byte stream is being ended. */
  CLOSE_COMPLETE: 4,
  /** The byte stream is gone. */
  CLOSED: 5,
} as const;
export type ClosingState = (typeof ClosingState)[keyof typeof ClosingState];

/** Gives the state after our Close frame was queued. */
export function afterCloseSent(state: ClosingState): ClosingState {
  if (state === ClosingState.OPEN) return ClosingState.CLOSE_SENT;
  if (state === ClosingState.CLOSE_RECEIVED) return ClosingState.CLOSE_COMPLETE;
  return state;
}

/** Gives the state after the peer's Close frame came. */
export function afterCloseReceived(state: ClosingState): ClosingState {
  if (state === ClosingState.OPEN) return ClosingState.CLOSE_RECEIVED;
  if (state === ClosingState.CLOSE_SENT) return ClosingState.CLOSE_COMPLETE;
  return state;
}

/** Tells whether messages may still be handed in for sending. */
export function maySend(state: ClosingState): boolean {
  return state === ClosingState.OPEN;
}

/** Tells whether frames of the peer still mean anything: none does after its Close (RFC 6455 §5.5.1). */
export function mayReceive(state: ClosingState): boolean {
  return state === ClosingState.OPEN || state === ClosingState.CLOSE_SENT;
}

/** Tells whether the closing handshake has begun, from either side. */
export function isClosing(state: ClosingState): boolean {
  return state >= ClosingState.CLOSE_SENT;
}
