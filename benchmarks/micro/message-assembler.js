import { payload } from '../load/payload.js';
import { load } from './build.js';

const { MessageAssembler } = await load('protocol/message-assembler.js');
const { MemoryBudget } = await load('protocol/memory-budget.js');

const TEXT = 1;
const BINARY = 2;
const KEY = 0x37fa213d;
const NOTHING = () => undefined;
const SINK = { onText: NOTHING, onBinary: NOTHING, onFragment: NOTHING };
const OPTIONS = { maxMessageBytes: 16 * 1024 * 1024, maxEmptyFragments: 1024, fragments: false };

function assembler() {
  const budget = new MemoryBudget(2 ** 28, NOTHING);
  return new MessageAssembler(SINK, OPTIONS, budget, {});
}

function whole(opcode, content, size) {
  return () => {
    const octets = payload(content, size);
    // As a chunk of the socket has it: much longer than the message.
    const chunk = Buffer.concat([octets, Buffer.alloc(64 * 1024)]);
    const octetsOr = content === 'ascii' ? 0x7f : 0xff;
    const target = assembler();
    return (count) => {
      for (let i = 0; i < count; i++) target.onFrame(opcode, true, false, chunk, 0, size, octetsOr);
    };
  };
}

function inPieces(size, pieces) {
  return () => {
    const octets = payload('octets', size);
    const step = size / pieces;
    const target = assembler();
    return (count) => {
      for (let i = 0; i < count; i++) {
        target.onFrameStart(BINARY, true, false, size);
        for (let at = 0; at < size; at += step) {
          target.onFramePiece(octets, at, at + step, KEY, at, at + step === size);
        }
      }
    };
  };
}

export const cases = [
  { title: 'a binary message of 32 octets', prepare: whole(BINARY, 'octets', 32) },
  { title: 'a binary message of 64 KiB, 8 pieces', prepare: inPieces(65_536, 8) },
  { title: 'a binary message of 64 KiB, 512 pieces', prepare: inPieces(65_536, 512) },
  { title: 'an ASCII text of 32 octets', prepare: whole(TEXT, 'ascii', 32) },
  { title: 'an ASCII text of 1 KiB', prepare: whole(TEXT, 'ascii', 1024) },
  { title: 'another text of 1 KiB', prepare: whole(TEXT, 'unicode', 1024) },
];
