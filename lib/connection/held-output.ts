import type { MessageSource } from './message-source.js';
import { OutgoingMessage } from './outgoing-message.js';
import type { PreparedMessage } from './prepared-message.js';

/** Is a write or an end that waits for the opening handshake. */
export interface HeldCall {
  readonly run: () => void;
  readonly fail: (error: Error) => void;
}

/** Is what a connection could not send at once, or sends in pieces. Most have nothing of the kind, ever. */
export class HeldOutput {
  /** Waits for the opening handshake. */
  call: HeldCall | undefined;
  /** What our Close says if it is the first one, where that was decided before `connect`. */
  close: { readonly code: number; readonly reason: string } | undefined;
  /** Messages that the slow-consumer policy dropped. */
  dropped = 0;
  /** Message that is handed in as fragments. */
  readonly fragmented = new OutgoingMessage();
  /** Prepared messages that came while one in fragments was under way. */
  deferred: PreparedMessage[] = [];
  deferredBytes = 0;
  /** Tells the queue that a frame is compressed, or will not be sent. */
  compressing: ((error?: Error | null) => void) | undefined;
  /** Message whose pieces are being sent. */
  source: MessageSource | undefined;
  /** Octets of the messages in the queue. */
  queuedBytes = 0;

  /** Octets that wait here. */
  get byteLength(): number {
    return this.queuedBytes + this.deferredBytes;
  }

  /** Lets a message wait for the end of the one in fragments. */
  defer(message: PreparedMessage): void {
    this.deferred.push(message);
    this.deferredBytes += message.byteLength;
  }

  /** Takes those out that waited for that. */
  takeDeferred(): PreparedMessage[] {
    const { deferred } = this;
    this.deferred = [];
    this.deferredBytes = 0;
    return deferred;
  }

  /** Takes the call out that waited for the opening handshake. */
  takeCall(): HeldCall | undefined {
    const { call } = this;
    this.call = undefined;
    return call;
  }

  /** Takes the callback out that waits for a compressed frame. */
  takeCompressing(): ((error?: Error | null) => void) | undefined {
    const { compressing } = this;
    this.compressing = undefined;
    return compressing;
  }
}
