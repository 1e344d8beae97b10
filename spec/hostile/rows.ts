import type { Row } from './row.js';
import { silentCloses } from './rows/c1-silent-close.js';
import { crossedCloses } from './rows/c2-crossed-closes.js';
import { oddValues } from './rows/c3-odd-values.js';
import { closeCodes } from './rows/c4-close-codes.js';
import { bombs } from './rows/d1-bombs.js';
import { windowBits } from './rows/d2-window-bits.js';
import { abandonedJobs } from './rows/d3-abandoned-jobs.js';
import { lengths } from './rows/f1-lengths.js';
import { firstOctets } from './rows/f10-first-octets.js';
import { reservedOpcodes } from './rows/f2-reserved-opcodes.js';
import { controlFrames } from './rows/f3-control-frames.js';
import { honestPings, pingFloods } from './rows/f4-ping-flood.js';
import { fragments } from './rows/f5-fragments.js';
import { oneOctetWrites } from './rows/f6-one-octet-writes.js';
import { parkedMessages } from './rows/f7-parked-messages.js';
import { masking } from './rows/f8-masking.js';
import { invalidText } from './rows/f9-invalid-text.js';
import { headerFields } from './rows/h1-header-fields.js';
import { oddOctets } from './rows/h10-odd-octets.js';
import { origins } from './rows/h11-origins.js';
import { redirects } from './rows/h12-redirects.js';
import { earlyFrames } from './rows/h13-early-frames.js';
import { tlsFaults } from './rows/h14-tls.js';
import { descriptors } from './rows/h16-descriptors.js';
import { backtracking } from './rows/h2-backtracking.js';
import { prototypes } from './rows/h3-prototypes.js';
import { endlessResponses } from './rows/h4-endless-response.js';
import { slowHandshakes } from './rows/h5-slow-handshakes.js';
import { resetWhileAuthorised } from './rows/h6-reset-while-authorised.js';
import { pipelinedRequest } from './rows/h7-pipelined-request.js';
import { openingRequests } from './rows/h8-opening-requests.js';
import { openingResponses } from './rows/h9-opening-responses.js';
import { mob } from './rows/m1-mob.js';
import { idleBehindProxies } from './rows/n1-idle-behind-proxies.js';
import { unheardErrors } from './rows/r1-unheard-error.js';
import { failingCallbacks } from './rows/r2-failing-callbacks.js';
import { stalledReceivers } from './rows/r3-stalled-receivers.js';
import { smallFrameFloods } from './rows/r4-small-frame-flood.js';
import { slowHandlers } from './rows/r5-slow-handler.js';
import { standstills } from './rows/r7-standstill.js';
import { resets } from './rows/r8-resets.js';
import { churns } from './rows/r9-churn.js';
import { drainage } from './rows/r10-drain.js';

/** Lists what hostile and broken peers do, in the order of the table in docs/security.md. */
export const ROWS: readonly Row[] = [
  headerFields,
  ...backtracking,
  prototypes,
  ...endlessResponses,
  slowHandshakes,
  resetWhileAuthorised,
  pipelinedRequest,
  openingRequests,
  openingResponses,
  ...oddOctets,
  ...origins,
  ...redirects,
  ...earlyFrames,
  ...tlsFaults,
  descriptors,
  ...lengths,
  ...reservedOpcodes,
  ...controlFrames,
  ...pingFloods,
  honestPings,
  ...fragments,
  ...oneOctetWrites,
  parkedMessages,
  ...masking,
  ...invalidText,
  firstOctets,
  ...bombs,
  ...windowBits,
  ...abandonedJobs,
  ...silentCloses,
  ...crossedCloses,
  oddValues,
  ...closeCodes,
  ...unheardErrors,
  ...failingCallbacks,
  ...stalledReceivers,
  ...smallFrameFloods,
  ...slowHandlers,
  ...standstills,
  ...resets,
  ...churns,
  drainage,
  mob,
  ...idleBehindProxies,
];
