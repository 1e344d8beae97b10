import type { Duplex } from 'node:stream';
import type { Deflate } from '../compression/coding.js';
import { LimitError, ProtocolError, type ConnectionClosedError } from '../errors.js';
import { log } from '../logging.js';
import { truncateReason } from '../protocol/close-frame.js';
import {
  ClosingState,
  afterCloseReceived,
  afterCloseSent,
  isClosing,
  mayReceive,
  maySend,
} from '../protocol/closing-state.js';
import { CloseCode, DEFAULT_REASONS } from '../protocol/constants.js';
import { takeToken } from '../protocol/token-bucket.js';
import { tooManyControlFrames } from '../protocol/violations.js';
import { bindStream, readStream, type StreamOwner } from './bound-stream.js';
import { ClosingDeadline } from './closing-deadline.js';
import type { Origin, TimeoutKind } from './connection-events.js';
import { Ending, type Outcome } from './ending.js';
import type { Delivery } from './inbox.js';
import type { DirectReading, OctetTaker } from './open-stream.js';
import { Receiver } from './receiver.js';
import type { ReceiverOwner } from './receiver-owner.js';
import { lendReceiver, returnReceiver } from './receiver-pool.js';
import { SessionOutput, type OutputOwner } from './session-output.js';

/** Takes what happens in a {@link Session}; one object serves all owners, so that none of them needs closures. */
export interface SessionEvents<Owner> {
  /** Octets came; they are not parsed yet. */
  octets(owner: Owner): void;
  message(owner: Owner, message: Delivery): void;
  ping(owner: Owner, payload: Buffer): void;
  pong(owner: Owner, payload: Buffer): void;
  closing(owner: Owner, code: number, reason: string, origin: Origin): void;
  timeout(owner: Owner, kind: TimeoutKind): void;
  drain(owner: Owner): void;
  /** The byte stream is gone, and what it brought was parsed. */
  ended(owner: Owner): void;
}

/** Is whose a session is, and who is told what happens in it. */
export interface SessionOwner<Owner> extends OutputOwner {
  readonly sessionEvents: SessionEvents<Owner>;
}

/**
 * Is one WebSocket over an open byte stream: what is received and sent on it, and the closing handshake
 * (RFC 6455 §7) that ends it.
 */
export class Session<Owner extends SessionOwner<Owner>>
  extends SessionOutput<Owner>
  implements ReceiverOwner, StreamOwner, OctetTaker
{
  state: ClosingState = ClosingState.OPEN;
  bytesReceived = 0;
  /** Messages handed on so far. */
  delivered = 0;

  /** Lent while octets are under way, or something is to be remembered; one that decompresses is its own. */
  #receiver: Receiver | undefined;
  /** When the most control frames may come at once again. */
  #controlFramesFullAt = 0;
  /** Made when the end begins. */
  #knownEnding: Ending | undefined;

  constructor(owner: Owner, stream: Duplex, deflate?: Deflate) {
    super(owner, stream, deflate);
    const { settings, roleRules } = owner;
    this.#receiver =
      deflate === undefined
        ? lendReceiver(this, stream, settings, !roleRules.masks, false)
        : new Receiver(this, stream, settings, !roleRules.masks, roleRules.incoming(deflate.agreement));
    bindStream(stream, this);
  }

  /** Receives; who has waited for anything asks for it anew, as it may be another's by then. */
  get receiver(): Receiver {
    // hot path: benchmarks/micro/receiver
    if (this.#receiver !== undefined) return this.#receiver;
    const { settings, roleRules } = this.owner;
    return (this.#receiver = lendReceiver(this, this.stream, settings, !roleRules.masks, true));
  }

  /** The receiver, unless there is nothing that it would have to do, or know. */
  get busyReceiver(): Receiver | undefined {
    return this.#receiver;
  }

  receiverOnRest(): void {
    // hot path: benchmarks/micro/receiver
    returnReceiver(this.#receiver!);
    this.#receiver = undefined;
  }

  /** As {@link Receiver.releaseDelivery}. */
  releaseDelivery(reasons: number): void {
    this.#receiver?.releaseDelivery(reasons);
    if (this.#receiver?.isAtRest === true) this.receiverOnRest();
  }

  /** Tells whether the byte stream is gone. */
  override get isOver(): boolean {
    return this.state === ClosingState.CLOSED;
  }

  /** Tells whether our Close was put on the socket. */
  get hasSentClose(): boolean {
    return this.#knownEnding !== undefined && this.#knownEnding.sentCode !== undefined;
  }

  /** Side that began the closing handshake, or decided the end. */
  get closedBy(): Origin | undefined {
    return this.#knownEnding?.closedBy;
  }

  /** Tells how the session ended, or would if the stream went now. */
  get outcome(): Outcome {
    return this.ending.outcome;
  }

  /** Makes the error for whatever the end of this session prevents. */
  override closedError(): ConnectionClosedError {
    return this.ending.closedError();
  }

  private get ending(): Ending {
    return (this.#knownEnding ??= new Ending());
  }

  /** Begins to deliver and to read; `head` is what came behind the opening handshake. */
  start(head: Buffer | undefined, reading?: DirectReading): void {
    const { receiver } = this;
    reading?.begin(this);
    // Who masks what is sent unmasks nothing that comes; the parser unmasks in place.
    readStream(this.stream, this.owner.roleRules.masks);
    if (head !== undefined && head.length > 0) receiver.push(Buffer.from(head));
    receiver.start();
    if (receiver === this.#receiver && receiver.isAtRest) this.receiverOnRest();
  }

  /** As {@link Receiver.push}. */
  push(octets: Buffer): void {
    // hot path: benchmarks/micro/receiver
    this.receiver.push(octets);
  }

  /** As {@link Receiver.keepsNone}. */
  keepsNone(count: number): boolean {
    // hot path: benchmarks/micro/receiver
    return this.#receiver !== undefined && this.#receiver.keepsNone(count);
  }

  /** Decides the closing handshake; {@link Session.writeClose} sends its frame behind what is queued. */
  beginClosing(code: number, reason: string): void {
    if (!maySend(this.state)) return;
    this.decide(code, reason, 'local');
    this.watchClosing(this.owner.settings.closeTotalTimeoutMs);
    this.receiver.readToTheEnd();
  }

  /** Puts our Close on the socket, if it still can: nothing follows it. */
  writeClose(): void {
    const ending = this.ending;
    if (this.hasSentClose || this.stream.destroyed) return;
    ending.sentCode = ending.closeCode;
    this.sender.sendClose(ending.closeCode, ending.closeReason);
    if (this.state === ClosingState.CLOSE_RECEIVED) this.state = afterCloseSent(this.state);
    this.endStreamIfComplete();
  }

  /** Fails the connection (RFC 6455 §7.1.7): says why, ignores what still comes, ends the stream. */
  override fail(error: Error): void {
    if (!mayReceive(this.state) || this.ending.failure !== undefined) return;
    this.ending.failure = error;
    const isPeers = error instanceof ProtocolError || error instanceof LimitError;
    const code = isPeers ? error.closeCode : CloseCode.INTERNAL_ERROR;
    log('notice', 'connection failed', { code, err: error });
    this.abandon(code, truncateReason(isPeers ? error.message : DEFAULT_REASONS[code]!));
  }

  /** Says goodbye as well as it can, waiting for nothing. */
  leave(code: number): void {
    if (this.isOver) return;
    if (!this.hasSentClose) this.abandon(code, DEFAULT_REASONS[code]!);
    else this.dropStream();
  }

  /** Ends at once; `code` is reported to us, never sent (RFC 6455 §7.4.1). */
  drop(code: number, reason: string): void {
    if (maySend(this.state)) this.decide(code, reason, 'local');
    this.terminate();
  }

  /** Ends at once and says nothing. */
  terminate(): void {
    this.receiver.ignoreFurtherOctets();
    this.receiver.dropUndelivered();
    if (maySend(this.state)) this.state = afterCloseSent(this.state);
    this.dropStream();
  }

  /** Ends a connection whose peer does not take what it is sent. */
  override endSlowConsumer(): void {
    this.ending.failure ??= this.sender.slowness();
    log('warn', 'slow consumer ended', { backlog: this.backlog });
    this.drop(CloseCode.TRY_AGAIN_LATER, 'slow consumer');
  }

  /** Ends a connection whose peer shows no life. */
  endSilentPeer(): void {
    this.owner.sessionEvents.timeout(this.owner, 'keepalive');
    this.drop(CloseCode.ABNORMAL_CLOSURE, DEFAULT_REASONS[CloseCode.ABNORMAL_CLOSURE]!);
  }

  // What the receiver finds.

  deliver(message: Delivery): void {
    // hot path: benchmarks/micro/receiver
    this.delivered += 1;
    this.owner.sessionEvents.message(this.owner, message);
  }

  onOctets(count: number): void {
    this.bytesReceived += count;
    this.owner.sessionEvents.octets(this.owner);
  }

  onPing(payload: Buffer): void {
    this.countControlFrame();
    // Also after our own Close was decided, but not after it was sent (RFC 6455 §5.5.1).
    if (!this.hasSentClose) this.sender.answerPing(payload);
    this.owner.sessionEvents.ping(this.owner, payload);
  }

  onPong(payload: Buffer): void {
    this.countControlFrame();
    this.owner.sessionEvents.pong(this.owner, payload);
  }

  onPeerClose(code: number, reason: string): void {
    this.ending.received = { code, reason };
    if (isClosing(this.state)) {
      this.state = afterCloseReceived(this.state);
      this.endStreamIfComplete();
      return;
    }
    this.decide(code, reason, 'remote');
    this.watchClosing(this.owner.settings.closeTotalTimeoutMs);
  }

  /** The peer ended its direction, and all that came before was parsed. */
  onEnd(): void {
    this.ending.openDirections -= 1;
    const isAnswered =
      this.state === ClosingState.CLOSE_RECEIVED || this.state === ClosingState.CLOSE_COMPLETE;
    if (this.ending.openDirections === 0) this.stream.destroy();
    else if (isAnswered && this.hasSentClose) this.endStream();
    else if (!isAnswered && !this.ending.isEndingStream) this.dropStream();
  }

  onUselessFlood(): void {
    this.dropStream();
  }

  override onDrain(): void {
    this.#receiver?.endPenalty();
    this.owner.sessionEvents.drain(this.owner);
  }

  /** Whether the socket has not taken all that was sent. */
  private get isBehind(): boolean {
    return this.takenBytes < this.bytesSent;
  }

  private countControlFrame(): void {
    const { controlFramesPerSecond, controlFrameBurst } = this.owner.settings;
    // In whole milliseconds: of many connections each would keep a fraction in a place of its own.
    const now = Math.floor(performance.now());
    const fullAt = takeToken(this.#controlFramesFullAt, now, controlFramesPerSecond, controlFrameBurst);
    if (fullAt === undefined) throw tooManyControlFrames(controlFramesPerSecond);
    this.#controlFramesFullAt = fullAt;
  }

  private decide(code: number, reason: string, origin: Origin): void {
    this.ending.closedBy = origin;
    this.ending.closeCode = code;
    // Our answer carries the peer's code and no reason.
    this.ending.closeReason = origin === 'local' ? reason : '';
    this.state = origin === 'local' ? afterCloseSent(this.state) : afterCloseReceived(this.state);
    this.owner.sessionEvents.closing(this.owner, code, reason, origin);
  }

  private abandon(code: number, reason: string): void {
    this.receiver.ignoreFurtherOctets();
    if (maySend(this.state)) this.decide(code, reason, 'local');
    this.writeClose();
    this.endStream();
    this.watchClosing(this.owner.settings.closeTimeoutMs);
  }

  /** The server ends the stream first; the client waits for that (RFC 6455 §7.1.1). */
  private endStreamIfComplete(): void {
    if (this.state !== ClosingState.CLOSE_COMPLETE || !this.hasSentClose) return;
    if (this.owner.roleRules.endsStreamFirst || this.ending.openDirections === 1) this.endStream();
  }

  /** Ends our direction behind what is queued; the stream goes once the peer's is at its end as well. */
  private endStream(): void {
    if (this.ending.isEndingStream) return;
    this.ending.isEndingStream = true;
    this.sender.end(() => {
      this.ending.openDirections -= 1;
      if (this.ending.openDirections === 0) this.stream.destroy();
    });
  }

  private watchClosing(totalMs: number): void {
    this.#knownEnding?.deadline?.cancel();
    if (this.isOver) return;
    this.ending.deadline = new ClosingDeadline(
      this.owner.settings.closeTimeoutMs,
      totalMs,
      // A slow reader who takes what has come is progress, too: no octet comes while it catches up.
      () => this.bytesReceived + this.takenBytes + this.delivered,
      () => this.deadlineOnExpired(),
    );
  }

  private deadlineOnExpired(): void {
    if (this.state !== ClosingState.CLOSE_COMPLETE || this.isBehind)
      this.owner.sessionEvents.timeout(this.owner, 'close');
    this.dropStream();
  }

  /** Ends the stream, whatever it has not sent yet. */
  private dropStream(): void {
    this.ending.isCut ||= this.isBehind;
    this.stream.destroy();
  }

  /** @internal */
  streamOnError(error: Error): void {
    this.ending.failure ??= error;
    this.dropStream();
  }

  /** @internal */
  streamOnClose(): void {
    this.#knownEnding?.deadline?.cancel();
    this.receiver.finish(() => this.receiverOnFinished());
  }

  private receiverOnFinished(): void {
    this.state = ClosingState.CLOSED;
    this.#knownEnding?.deadline?.cancel();
    // Some streams are gone before they have told that they took the last octets: what was ended in order, was sent.
    this.ending.isCut ||= this.isBehind && !this.stream.writableEnded;
    this.discardOutput();
    this.owner.sessionEvents.ended(this.owner);
  }
}
