/** Says how far the end of an output batch has come. */
export const BatchPhase = {
  OPEN: 0,
  /** Nothing is added any more; what waits is still written. */
  ENDING: 1,
  /** All is written, and the stream's end with it. */
  ENDED: 2,
  /** The stream is gone. */
  GONE: 3,
} as const;
export type BatchPhase = (typeof BatchPhase)[keyof typeof BatchPhase];
