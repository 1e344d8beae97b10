import { Sink, byChunks } from './stream.js';
import { load } from './build.js';

const { OutputBatch } = await load('connection/output-batch.js');
const { SharedOctets } = await load('connection/shared-octets.js');

const OWNER = {
  awaitsProgress: false,
  batchOnProgress: () => undefined,
  batchOnShared: () => undefined,
  batchOnRest: () => undefined,
};

/** Puts so many small frames into a batch within a turn, which ends with one write. */
function collecting(perTurn, length) {
  return () => {
    const batch = new OutputBatch(new Sink(), OWNER);
    return byChunks(perTurn, () => {
      batch.beginTurn();
      for (let i = 0; i < perTurn; i++) batch.reserve(length);
      batch.endTurn();
    });
  };
}

/** Gives the same frame to many batches, as a broadcast does; several of them before they are written. */
function sharing(frames) {
  return () => {
    const batches = Array.from({ length: 100 }, () => new OutputBatch(new Sink(), OWNER));
    const octets = Array.from({ length: frames }, () => new SharedOctets(Buffer.alloc(130)));
    return byChunks(batches.length * frames, () => {
      for (const frame of octets) for (const batch of batches) batch.share(frame, false);
    });
  };
}

export const cases = [
  { title: 'a frame of 34 octets, 64 in a turn', prepare: collecting(64, 34) },
  { title: 'a frame of 34 octets, alone in a turn', prepare: collecting(1, 34) },
  { title: 'a shared frame', prepare: sharing(1) },
  { title: 'a shared frame, 4 in a turn', prepare: sharing(4) },
];
