import { CloseCode, DEFAULT_REASONS, Opcode } from '../protocol/constants.js';
import type { AdmittedFrame } from './outgoing-message.js';

/** Goes through the queue and leaves no trace: it marks a place in it. */
export const NOTHING: AdmittedFrame = Object.freeze({ opcode: 0, fin: true, data: '' });

/** Stands for our Close in the queue when the writable side does not end with it. */
export const CLOSE: AdmittedFrame = Object.freeze({ opcode: Opcode.CLOSE, fin: true, data: '' });

/** Is what our Close says when nobody gave it a code. */
export const NORMAL = {
  code: CloseCode.NORMAL_CLOSURE,
  reason: DEFAULT_REASONS[CloseCode.NORMAL_CLOSURE]!,
};
