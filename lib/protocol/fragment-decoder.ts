import { StringDecoder } from 'node:string_decoder';
import { Utf8Validator } from './utf8.js';
import * as violation from './violations.js';

/** Names the kinds of data message. */
export type MessageType = 'text' | 'binary';

/** Is a piece of a data message: its octets as they arrived; text is cut between characters. */
export type MessageFragment =
  | { readonly type: 'text'; readonly data: string; readonly final: boolean }
  | { readonly type: 'binary'; readonly data: Buffer; readonly final: boolean };

/** Turns the octets of messages that are handed on in pieces into fragments. */
export class FragmentDecoder {
  readonly #onFragment: (fragment: MessageFragment) => void;
  #validator: Utf8Validator | undefined;
  #decoder: StringDecoder | undefined;

  constructor(onFragment: (fragment: MessageFragment) => void) {
    this.#onFragment = onFragment;
  }

  /**
   * Takes the next octets of the message; those of text are checked at once (RFC 6455 §8.1).
   * @param data - octets that are the decoder's own.
   * @param final - whether the message ends with them.
   * @throws ProtocolError (`ERR_WS_INVALID_UTF8`) at the first octet that is wrong.
   */
  push(type: MessageType, data: Buffer, final: boolean): void {
    if (type === 'binary') {
      if (data.length > 0 || final) this.#onFragment({ type, data, final });
      return;
    }
    const validator = (this.#validator ??= new Utf8Validator());
    if (!validator.push(data, 0, data.length) || (final && !validator.isComplete)) {
      throw violation.invalidUtf8('text message');
    }
    // Holds back the octets of a character that is not complete; at the end, all are.
    const text = (this.#decoder ??= new StringDecoder('utf8')).write(data);
    if (text !== '' || final) this.#onFragment({ type, data: text, final });
  }
}
