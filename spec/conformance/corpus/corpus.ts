import { CLOSES } from './closes.js';
import { CONTROL_FRAMES } from './control-frames.js';
import type { CorpusStream } from './corpus-stream.js';
import { MESSAGES } from './messages.js';
import { TEXT } from './text.js';
import { VIOLATIONS } from './violations.js';

/** Holds all streams that are not compressed, by what they are about. */
export const CORPUS: Readonly<Record<string, readonly CorpusStream[]>> = {
  messages: MESSAGES,
  'control frames': CONTROL_FRAMES,
  text: TEXT,
  closes: CLOSES,
  violations: VIOLATIONS,
};
