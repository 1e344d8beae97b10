import type { Target } from './target.js';
import { extensions } from './targets/extensions.js';
import { framesTarget } from './targets/frames.js';
import { inflate } from './targets/inflate.js';
import { request } from './targets/request.js';
import { response } from './targets/response.js';

/** Lists all that takes octets from a stranger. */
export const TARGETS: readonly Target[] = [
  framesTarget('server'),
  framesTarget('client'),
  extensions,
  request,
  response,
  inflate,
];
