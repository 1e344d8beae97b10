import { Socket } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import type { OctetTaker } from './open-stream.js';
import { OWNER } from './stream-claim.js';

/** Takes what a byte stream tells. */
export interface StreamOwner {
  readonly receiver: Pick<OctetTaker, 'push'> & { end(): void };
  streamOnError(error: Error): void;
  streamOnClose(): void;
}

// eslint-disable-next-line @typescript-eslint/unbound-method
const nodesPush = Readable.prototype.push;

/** What Node itself does at the end of what comes on a socket. */
const nodesOnEnd = new Socket().listeners('end')[0] as ((this: Duplex) => void) | undefined;

interface Bound extends Duplex {
  [OWNER]: StreamOwner;
}

/** Tells the owner from now on how its byte stream ends. */
export function bindStream(stream: Duplex, owner: StreamOwner): void {
  // The peer may end its direction behind its Close while ours is still under way.
  stream.allowHalfOpen = true;
  (stream as Bound)[OWNER] = owner;
  stream.on('error', streamOnError);
  stream.on('close', streamOnClose);
}

/**
 * Hands the octets of a bound stream to its owner's receiver, once that resumes it.
 * @param areOurs - whether the receiver may change them in place, whatever the stream is.
 */
export function readStream(stream: Duplex, areOurs: boolean): void {
  const isSocket = stream instanceof Socket;
  // A listener makes it flow, unless it was paused.
  stream.pause();
  // What a socket hands out is ours; other streams may hand out what others still use.
  stream.on('data', areOurs || isSocket ? streamOnData : streamOnForeignData);
  if (isSocket && nodesOnEnd !== undefined && stream.listenerCount('end', nodesOnEnd) === 1) {
    // Two listeners would need an array.
    stream.off('end', nodesOnEnd);
    stream.on('end', socketOnEnd);
  } else {
    stream.on('end', streamOnEnd);
  }
  if (isSocket && stream.push === nodesPush) stream.push = pushDirectly;
}

/**
 * Is `push` of a socket: as long as all that Node's stream would do with a chunk is to emit `data` to the one listener
 * above, the receiver gets it at once. For all else, or if a Node should no longer push, the listener is there.
 */
function pushDirectly(this: Duplex, chunk: unknown, encoding?: BufferEncoding): boolean {
  // hot path: benchmarks/micro/receiver
  const isMere = chunk instanceof Buffer && this.readableFlowing === true && this.readableLength === 0;
  if (!isMere || this.listenerCount('data') !== 1) return nodesPush.call(this, chunk, encoding);
  (this as Bound)[OWNER].receiver.push(chunk);
  return true;
}

function streamOnData(this: Duplex, chunk: Buffer): void {
  (this as Bound)[OWNER].receiver.push(chunk);
}

function streamOnForeignData(this: Duplex, chunk: Buffer): void {
  (this as Bound)[OWNER].receiver.push(Buffer.from(chunk));
}

function socketOnEnd(this: Duplex): void {
  nodesOnEnd!.call(this);
  streamOnEnd.call(this);
}

function streamOnEnd(this: Duplex): void {
  (this as Bound)[OWNER].receiver.end();
}

function streamOnError(this: Duplex, error: Error): void {
  (this as Bound)[OWNER].streamOnError(error);
}

function streamOnClose(this: Duplex): void {
  (this as Bound)[OWNER].streamOnClose();
}
