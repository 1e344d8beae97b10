/** Names the statuses that `hawser` exits with; `hawser help open` lists them. */
export const ExitStatus = {
  /** Done: for `open`, both ends closed with 1000 or without a code. */
  CLEAN: 0,
  /** Something failed that has no status of its own, such as a port in use. */
  FAILURE: 1,
  /** The command line makes no sense. */
  USAGE: 2,
  /** The opening handshake failed, so there was no connection. */
  HANDSHAKE_FAILED: 3,
  /** The connection broke: no closing handshake, or the peer broke a rule. */
  CONNECTION_BROKEN: 4,
  /** The peer closed with a code that is neither 1000 nor absent. */
  CLOSED_WITH_CODE: 5,
  /** Ended by SIGHUP (128 + 1). */
  HANGUP: 129,
  /** Ended by SIGINT (128 + 2). */
  INTERRUPTED: 130,
  /** The reader of standard output went away (128 + 13, as after SIGPIPE). */
  READER_GONE: 141,
  /** Ended by SIGTERM (128 + 15). */
  TERMINATED: 143,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** Signals that ask a command to stop. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** Gives the status of a command that was stopped by `signal`, as a shell would report it. */
export function statusOfSignal(signal: StopSignal): ExitStatus {
  if (signal === 'SIGHUP') return ExitStatus.HANGUP;
  return signal === 'SIGINT' ? ExitStatus.INTERRUPTED : ExitStatus.TERMINATED;
}
