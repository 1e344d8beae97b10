import type { Row } from './row.js';
import { bombs } from './rows/d1-bombs.js';
import { honestPings, pingFlood } from './rows/f4-ping-flood.js';
import { unheardErrors } from './rows/r1-unheard-error.js';
import { failingCallbacks } from './rows/r2-failing-callbacks.js';
import { smallFrameFloods } from './rows/r4-small-frame-flood.js';

/** Lists what hostile and broken peers do, in the order of the table in docs/security.md. */
export const ROWS: readonly Row[] = [
  pingFlood,
  honestPings,
  bombs,
  ...unheardErrors,
  ...failingCallbacks,
  ...smallFrameFloods,
];
