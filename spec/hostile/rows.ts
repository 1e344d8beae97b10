import type { Row } from './row.js';
import { bombs } from './rows/d1-bombs.js';
import { windowBits } from './rows/d2-window-bits.js';
import { abandonedJobs } from './rows/d3-abandoned-jobs.js';
import { silentCloses } from './rows/c1-silent-close.js';
import { crossedCloses } from './rows/c2-crossed-closes.js';
import { oddValues } from './rows/c3-odd-values.js';
import { closeCodes } from './rows/c4-close-codes.js';
import { honestPings, pingFlood } from './rows/f4-ping-flood.js';
import { unheardErrors } from './rows/r1-unheard-error.js';
import { failingCallbacks } from './rows/r2-failing-callbacks.js';
import { smallFrameFloods } from './rows/r4-small-frame-flood.js';
import { slowHandlers } from './rows/r5-slow-handler.js';
import { resets } from './rows/r8-resets.js';

/** Lists what hostile and broken peers do, in the order of the table in docs/security.md. */
export const ROWS: readonly Row[] = [
  pingFlood,
  honestPings,
  ...bombs,
  ...windowBits,
  ...abandonedJobs,
  ...silentCloses,
  ...crossedCloses,
  oddValues,
  ...closeCodes,
  ...unheardErrors,
  ...failingCallbacks,
  ...smallFrameFloods,
  ...slowHandlers,
  ...resets,
];
