import type { Deflater } from '../compression/deflater.js';
import { InvalidOptionError } from '../errors.js';
import { Opcode } from '../protocol/constants.js';
import { CompressedForm } from './compressed-form.js';
import {
  byteLength,
  checkUtf8,
  messageData,
  sendOpcode,
  type AdmittedFrame,
  type MessageData,
  type SendType,
} from './outgoing-message.js';
import { SharedOctets } from './shared-octets.js';
import { wholeFrame } from './whole-frame.js';

/**
 * Holds a message that is sent many times: framed once, and compressed once for all connections that have agreed on
 * the same parameters. It never changes.
 */
export class PreparedMessage {
  /** Kind of the message. */
  readonly type: 'text' | 'binary';
  /** Octets of the message. */
  readonly byteLength: number;
  /** Frame of the server role, not compressed. @internal */
  readonly frame: SharedOctets;
  /** Stands for this message in a queue. @internal */
  readonly admitted: AdmittedFrame & { readonly data: Buffer };

  /** One for each kind of compressor that it met; seldom more than one. */
  readonly #forms: CompressedForm[] = [];

  /**
   * Makes a message ready to be sent any number of times, to any connections.
   * @param type - `text` or `binary`, in any letter case, or opcode 1 or 2.
   * @param message - strings go as UTF-8, octets as they are. They are copied: the caller may change them afterwards.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for what cannot be sent, octets as text that are not UTF-8
   * among it.
   */
  constructor(type: SendType, message: MessageData) {
    const opcode = sendOpcode(type);
    if (opcode >= Opcode.CLOSE) throw new InvalidOptionError('type', type, "'text' or 'binary'");
    const data = messageData(message);
    if (opcode === Opcode.TEXT) checkUtf8(data);
    this.type = opcode === Opcode.TEXT ? 'text' : 'binary';
    const frame = wholeFrame(opcode, false, data);
    this.frame = new SharedOctets(frame);
    this.byteLength = byteLength(data);
    const payload = frame.subarray(frame.length - this.byteLength);
    this.admitted = { opcode, fin: true, data: payload, prepared: this };
  }

  /** @internal */
  get opcode(): number {
    return this.admitted.opcode;
  }

  /** @internal */
  get payload(): Buffer {
    return this.admitted.data;
  }

  /** Gives what connections with such a compressor send. @internal */
  compressedFor(deflater: Deflater): CompressedForm {
    // hot path: benchmarks/micro/sender
    for (const form of this.#forms) if (form.suits(deflater)) return form;
    const form = new CompressedForm(this, deflater);
    this.#forms.push(form);
    return form;
  }
}
