import { LimitError, ProtocolError } from '../../lib/errors.js';
import { FrameParser } from '../../lib/protocol/frame-parser.js';
import { MemoryBudget } from '../../lib/protocol/memory-budget.js';
import {
  MessageAssembler,
  type MessageFragment,
  type MessageType,
} from '../../lib/protocol/message-assembler.js';
import type { Outcome, Receive, ReceiverOptions } from './outcome.js';

const hexOf = (text: string) => Buffer.from(text).toString('hex');

/** Writes down what the assembler finds; fragments joined, since where they are cut is free. */
class Recorder {
  readonly events: string[] = [];
  end = 'open';
  #unfinished = '';

  onText(text: string): void {
    this.events.push(`text ${hexOf(text)}`);
  }

  onUtf8(octets: Buffer): void {
    this.onText(octets.toString());
  }

  onBinary(data: Buffer): void {
    this.events.push(`binary ${data.toString('hex')}`);
  }

  onFragment({ type, data, final }: MessageFragment): void {
    this.#unfinished += typeof data === 'string' ? hexOf(data) : data.toString('hex');
    if (!final) return;
    this.events.push(`${type} ${this.#unfinished}`);
    this.#unfinished = '';
  }

  onCompressed(type: MessageType): void {
    throw new Error(`a ${type} came compressed, which was not agreed on`);
  }

  onCompressedPiece(type: MessageType): void {
    this.onCompressed(type);
  }

  onPing(payload: Buffer): void {
    this.events.push(`ping ${payload.toString('hex')}`);
  }

  onPong(payload: Buffer): void {
    this.events.push(`pong ${payload.toString('hex')}`);
  }

  onClose(code: number, reason: string): void {
    this.end = `close ${code} ${hexOf(reason)}`;
  }
}

/** Receives with the parser and the assembler of the library. */
export const receiveWithHawser: Receive = (chunks, options: ReceiverOptions): Outcome => {
  const recorder = new Recorder();
  const budget = new MemoryBudget<object>(Infinity, () => undefined);
  const assembler = new MessageAssembler(recorder, options, budget, {});
  const parser = new FrameParser(assembler, { masked: options.role === 'server', compression: false });
  // What follows a Close is not looked at: the parser is stopped by whoever takes the Close.
  const { onClose } = recorder;
  recorder.onClose = (code, reason) => {
    onClose.call(recorder, code, reason);
    parser.stop();
  };
  let at = 0;
  const rules: string[] = [];
  for (const chunk of chunks) {
    at += chunk.length;
    parser.push(chunk);
    try {
      parser.parse(Infinity);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof LimitError)) throw error;
      recorder.end = `fail ${error.closeCode}`;
      rules.push(error.code);
    }
    if (recorder.end !== 'open') return { events: recorder.events, end: recorder.end, at, rules };
  }
  return { events: recorder.events, end: 'open', at: 0, rules };
};
