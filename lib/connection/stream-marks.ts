/** Says what became of a connection as a stream: bits of one number, as there are many connections and few fields. */
export const StreamMark = {
  /** Its writable side was used. */
  USED: 1,
  /** Somebody wrote to it, as one writes to a stream. */
  WRITTEN: 2,
  /** `drain` is due. */
  NEEDS_DRAIN: 4,
  /** `connect` was emitted, or is about to be. */
  ANNOUNCED: 8,
} as const;
