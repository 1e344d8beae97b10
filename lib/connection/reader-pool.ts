import type { FrameParserOptions } from '../protocol/frame-parser.js';
import type { MessageAssemblerOptions, MessageSink } from '../protocol/message-assembler.js';
import { MessageReader } from '../protocol/message-reader.js';
import { unfinishedBudget, type BudgetHolder } from './process-limits.js';

/** Readers kept for the next chunk; as many are in use at once as turns are nested, and messages unfinished. */
const MAX_IDLE = 16;

const idle: MessageReader<BudgetHolder>[] = [];

/** Lends a reader, as good as new. */
export function lendReader(
  sink: MessageSink,
  limits: MessageAssemblerOptions,
  holder: BudgetHolder,
  rules: FrameParserOptions,
): MessageReader<BudgetHolder> {
  // hot path: benchmarks/micro/receiver
  const reader = idle.pop();
  if (reader === undefined) return new MessageReader(sink, limits, unfinishedBudget, holder, rules);
  reader.begin(sink, limits, holder, rules);
  return reader;
}

/** Takes a reader back that is at rest. */
export function returnReader(reader: MessageReader<BudgetHolder>): void {
  reader.end();
  if (idle.length < MAX_IDLE) idle.push(reader);
}
