import type { ConnectDetails } from './connection-events.js';

/** Is what the opening handshake has agreed on; its header fields would be a burden for the rest of a long life. */
export interface Terms extends Readonly<Omit<ConnectDetails, 'headers'>> {
  /** Name that the remote end goes by; empty for none. */
  readonly remoteName: string;
}

/** Stands for the terms of a connection that is not open yet. */
export const NO_TERMS: Terms = Object.freeze({
  protocol: '',
  extensions: '',
  path: '',
  query: '',
  remoteName: '',
});

/** What was agreed on last. */
let last = NO_TERMS;

/** Keeps what was agreed on. Mostly it is the same for one connection after the other, and they share it. */
export function termsOf(details: Omit<Terms, 'remoteName'>, remoteName: string): Terms {
  const { protocol, extensions, path, query } = details;
  const isSame =
    path === last.path &&
    query === last.query &&
    protocol === last.protocol &&
    extensions === last.extensions &&
    remoteName === last.remoteName;
  if (!isSame) last = Object.freeze({ protocol, extensions, path, query, remoteName });
  return last;
}
