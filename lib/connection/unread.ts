/** Reasons why nothing is read from the byte stream for now. */
export const Unread = {
  NOT_CONNECTED: 1,
  INBOX_FULL: 2,
  TURN_USED: 4,
  PAUSED: 8,
  SLOW_CONSUMER: 16,
  INFLATING: 32,
} as const;

/** Reasons that make the peer wait; of no use once nothing is sent to it any more. */
export const HOLDS = Unread.INBOX_FULL | Unread.PAUSED | Unread.SLOW_CONSUMER;
