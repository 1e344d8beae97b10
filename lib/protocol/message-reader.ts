import { FrameParser, type FrameParserOptions } from './frame-parser.js';
import { MessageAssembler, type MessageAssemblerOptions, type MessageSink } from './message-assembler.js';
import type { MemoryBudget } from './memory-budget.js';

/**
 * Turns octets into messages: a parser and the assembler behind it. Between two messages it holds nothing, and can
 * go on with the octets of another connection.
 */
export class MessageReader<Holder extends object> {
  readonly #assembler: MessageAssembler<Holder>;
  readonly #parser: FrameParser;

  constructor(
    sink: MessageSink,
    limits: MessageAssemblerOptions,
    budget: MemoryBudget<Holder>,
    holder: Holder,
    rules: FrameParserOptions,
  ) {
    this.#assembler = new MessageAssembler(sink, limits, budget, holder);
    this.#parser = new FrameParser(this.#assembler, rules);
  }

  /** Tells whether octets handed in were not parsed yet. */
  get hasRest(): boolean {
    return this.#parser.hasRest;
  }

  /** Octets of a data frame under way that have not come yet; 0 between frames. */
  get missing(): number {
    return this.#parser.missing;
  }

  /** Tells whether it holds nothing that the next octets depend on. */
  get isAtRest(): boolean {
    return this.#parser.isAtRest && !this.#assembler.keepsState;
  }

  /** Begins with the octets of another connection; only at rest. */
  begin(sink: MessageSink, limits: MessageAssemblerOptions, holder: Holder, rules: FrameParserOptions): void {
    this.#assembler.begin(sink, limits, holder);
    this.#parser.begin(rules);
  }

  /** Forgets for whom it read. */
  end(): void {
    this.#assembler.end();
  }

  /** Hands in a chunk; the reader owns it. */
  push(chunk: Buffer): void {
    this.#parser.push(chunk);
  }

  /** Parses; see {@link FrameParser.parse}. */
  parse(maxFrames: number): number {
    return this.#parser.parse(maxFrames);
  }

  /** Ends the running {@link MessageReader.parse} after the present frame. */
  stop(): void {
    this.#parser.stop();
  }

  /** Ends for good, and gives back what it holds of an unfinished message. */
  discard(): void {
    this.#parser.stop();
    this.#assembler.discard();
  }
}
