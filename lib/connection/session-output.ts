import type { Duplex } from 'node:stream';
import { Charge } from '../compression/charge.js';
import type { Deflate } from '../compression/coding.js';
import { Deflater } from '../compression/deflater.js';
import type { ConnectionClosedError } from '../errors.js';
import type { ConnectionSettings } from './connection-options.js';
import type { PreparedMessage } from './prepared-message.js';
import { unfinishedBudget, type BudgetHolder } from './process-limits.js';
import type { RoleRules } from './role.js';
import { Sender, type SenderOwner } from './sender.js';
import { lendSender, returnSender as takeBack } from './sender-pool.js';

/** Is whose a session is: it knows what its session has in common with others, so that none of them has to. */
export interface OutputOwner {
  readonly settings: ConnectionSettings;
  readonly roleRules: RoleRules;
}

/** Is the sending half of a session: a sender for as long as there is something to send, and what it leaves behind. */
export abstract class SessionOutput<Owner extends OutputOwner> implements SenderOwner {
  readonly stream: Duplex;

  protected readonly owner: Owner;

  /** Lent while something is under way, so that an idle connection holds none; one that compresses is its own. */
  #sender: Sender | undefined;
  /** Octets framed up to when the last sender was returned. */
  #sentBytes = 0;

  constructor(owner: Owner, stream: Duplex, deflate: Deflate | undefined) {
    this.owner = owner;
    this.stream = stream;
    if (deflate === undefined) return;
    const { settings, roleRules } = owner;
    const charge = new Charge<BudgetHolder>(unfinishedBudget, this);
    const deflater = new Deflater(roleRules.outgoing(deflate.agreement), deflate.settings, charge);
    this.#sender = new Sender(this, stream, settings, roleRules.masks, deflater);
  }

  /** Sends; who has waited for anything asks for it anew, as it may be another's by then. */
  get sender(): Sender {
    // hot path: benchmarks/micro/sender
    if (this.#sender !== undefined) return this.#sender;
    const { settings, roleRules } = this.owner;
    this.#sender = lendSender(this, this.stream, settings, roleRules.masks, this.#sentBytes);
    if (this.isOver) this.discardOutput();
    return this.#sender;
  }

  /** Octets framed for sending so far. */
  get bytesSent(): number {
    return this.#sender === undefined ? this.#sentBytes : this.#sender.totalBytes;
  }

  /** Octets that the socket has taken so far. */
  get takenBytes(): number {
    return this.#sender === undefined ? this.#sentBytes : this.#sender.takenBytes;
  }

  /** Octets that the socket has not taken yet. */
  get backlog(): number {
    return this.#sender === undefined ? this.stream.writableLength : this.#sender.backlog;
  }

  /** Tells whether the backlog has reached the soft limit and `drain` is due. */
  get needsDrain(): boolean {
    return this.#sender !== undefined && this.#sender.needsDrain;
  }

  /** Pongs that were dropped because a newer one made them needless. */
  get pongsDropped(): number {
    return this.#sender === undefined ? 0 : this.#sender.pongsDropped;
  }

  beginTurn(): void {
    this.sender.beginTurn();
  }

  endTurn(): void {
    // hot path: benchmarks/micro/sender
    const { sender } = this;
    if (sender.endTurn()) this.returnSender(sender);
  }

  /** As {@link Sender.sendLightly}. */
  sendLightly(message: PreparedMessage, isAlone: boolean): number {
    // hot path: benchmarks/micro/sender
    const octets = this.sender.sendLightly(message, isAlone);
    if (isAlone) this.onRest();
    return octets;
  }

  /** As {@link Sender.taken}. */
  taken(): Promise<void> {
    const taken = this.sender.taken();
    this.onRest();
    return taken;
  }

  onRest(): void {
    // hot path: benchmarks/micro/sender
    const sender = this.#sender;
    if (sender !== undefined && sender.isAtRest) this.returnSender(sender);
  }

  protected returnSender(sender: Sender): void {
    this.#sentBytes = sender.totalBytes;
    this.#sender = undefined;
    takeBack(sender);
  }

  /** Forgets what was to be sent: the stream is gone. Whoever waits for it, or will, is told why. */
  protected discardOutput(): void {
    this.#sender?.discard(() => this.closedError());
  }

  /** Tells whether the byte stream is gone. */
  abstract get isOver(): boolean;
  /** Makes the error for whatever the end prevents. */
  abstract closedError(): ConnectionClosedError;
  abstract onDrain(): void;
  abstract fail(error: Error): void;
  abstract endSlowConsumer(): void;
}
