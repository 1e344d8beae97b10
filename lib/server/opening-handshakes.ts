import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Deflate } from '../compression/coding.js';
import type { ConnectDetails } from '../connection/connection-events.js';
import { InvalidStateError } from '../errors.js';
import { acceptResponse } from '../handshake/handshake-response.js';
import { promptAnswer } from '../handshake/prompt-answer.js';
import { validateSelection } from '../handshake/subprotocol.js';
import { log } from '../logging.js';
import { formatExtensions, parseExtensions } from '../protocol/extension-header.js';
import { acceptDeflate } from '../protocol/permessage-deflate.js';
import type { Admitted } from './admission.js';
import { HandshakeTrace } from './handshake-trace.js';
import { LastResponses } from './last-response.js';
import { Refusal } from './refusal.js';
import type { Authorize, RegistrySettings } from './registry-options.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { WebSocketServer } from './websocket-server.js';

const TIMED_OUT = new Refusal({ status: 408 }, 'the opening handshake took too long');
const FORBIDDEN = new Refusal({ status: 403 }, 'refused by authorize');
const NO_EXTENSIONS = Object.freeze({ deflate: undefined, extensions: '' });
const FAILED = new Refusal({ status: 500 }, 'authorize or selectProtocol threw');

/** Is told how opening handshakes end. */
export interface HandshakeOutcome {
  accepted(connection: WebSocketServer, request: IncomingMessage): void;
  rejected(request: IncomingMessage, status: number, reason: string): void;
}

/** Is a request that was found valid and is to be answered (websocket(n): test). */
export interface PendingHandshake {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  /** Octets that came behind the request. */
  readonly head: Buffer | undefined;
  readonly admitted: Admitted;
  readonly trace: HandshakeTrace;
  /** Watches the stream of a request that waits; there is none when it is answered at once. */
  readonly guard: UpgradeGuard | undefined;
}

/** Answers the opening handshakes of a registry: holds each while it waits, authorises it, accepts or refuses it. */
export class OpeningHandshakes {
  /** Refusals that are on their way. */
  readonly refusals = new LastResponses();
  readonly #settings: RegistrySettings;
  readonly #outcome: HandshakeOutcome;
  readonly #pending = new Map<Duplex, PendingHandshake>();

  constructor(settings: RegistrySettings, outcome: HandshakeOutcome) {
    this.#settings = settings;
    this.#outcome = outcome;
  }

  /** How many wait for their answer. */
  get size(): number {
    return this.#pending.size;
  }

  /** @throws InvalidStateError (`ERR_WS_INVALID_STATE`) when nothing waits on this stream. */
  on(stream: Duplex, call: string): PendingHandshake {
    const pending = this.#pending.get(stream);
    if (pending !== undefined) return pending;
    throw new InvalidStateError(`${call}: this socket was not tested, was answered already, or is gone`);
  }

  /**
   * Holds a request until it is answered; when the deadline passes first, it is answered with 408.
   * @throws InvalidStateError (`ERR_WS_INVALID_STATE`) when one waits on this stream already, or it is gone.
   */
  hold(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer | undefined,
    admitted: Admitted,
  ): PendingHandshake {
    if (this.#pending.has(stream)) throw new InvalidStateError('test: this socket was tested before');
    if (stream.destroyed) throw new InvalidStateError('test: this socket is gone');
    const trace = new HandshakeTrace(request);
    const guard = new UpgradeGuard(stream, head, this.#settings.handshakeTimeoutMs, {
      gone: () => {
        this.#pending.delete(stream);
        log('notice', 'the client left during its opening handshake', { url: request.url });
        trace.end(undefined, 'the client left before it was answered');
      },
      timedOut: () => this.refuse(pending, TIMED_OUT),
    });
    const pending: PendingHandshake = { request, stream, head, admitted, trace, guard };
    this.#pending.set(stream, pending);
    return pending;
  }

  /** Answers a request: at once, unless `authorize` is to be asked. Never throws. */
  take(request: IncomingMessage, stream: Duplex, head: Buffer, admitted: Admitted): void {
    // Another listener of the server has seen to it.
    if (stream.destroyed || this.#pending.has(stream)) return;
    const { authorize } = this.#settings;
    if (authorize !== undefined) {
      void this.#ask(authorize, this.hold(request, stream, head, admitted));
      return;
    }
    const trace = new HandshakeTrace(request);
    this.#conclude({ request, stream, head, admitted, trace, guard: undefined }, undefined);
  }

  async #ask(authorize: Authorize, pending: PendingHandshake): Promise<void> {
    const { request, guard } = pending;
    try {
      const answer = authorize(request, {
        // Costs more than all else, and few want it.
        get signal() {
          return guard!.signal;
        },
      });
      this.#conclude(pending, isThenable(answer) ? await answer : answer);
    } catch (error) {
      this.#fail(pending, error);
    }
  }

  /** Answers as `authorize` says. */
  #conclude(pending: PendingHandshake, context: unknown): void {
    // It may have been answered, or dropped, behind our back.
    if (pending.trace.isOver || !pending.stream.writable) return;
    try {
      if (context instanceof Refusal) this.refuse(pending, context);
      else if (context === false) this.refuse(pending, FORBIDDEN);
      else this.accept(pending, context);
    } catch (error) {
      this.#fail(pending, error);
    }
  }

  /** Answers as is due when something was thrown. */
  #fail(pending: PendingHandshake, error: unknown): void {
    // Giving up is what the signal asked for.
    if (pending.trace.isOver) return;
    if (!(error instanceof Refusal)) log('error', 'authorize or selectProtocol threw', { err: error });
    this.refuse(pending, error instanceof Refusal ? error : FAILED);
  }

  /**
   * Answers 101.
   * @throws whatever `selectProtocol` throws, and InvalidOptionError (`ERR_WS_INVALID_OPTION`) when it selects what
   * was not offered; the request waits on then. InvalidStateError (`ERR_WS_INVALID_STATE`) when the stream is going,
   * or somebody else has made a WebSocket of it.
   */
  accept(pending: PendingHandshake, context: unknown): WebSocketServer {
    const { request, stream, admitted, trace } = pending;
    if (!stream.writable) throw new InvalidStateError('upgrade: this socket is gone');
    const protocol = this.#selectProtocol(pending);
    const remoteName = this.#lookupPeerName(request);
    const { deflate, extensions } = this.#acceptDeflate(admitted.offer.extensions);
    const { key, path, query } = admitted.offer;
    const response = acceptResponse({ key, protocol, extensions });
    const details = new RequestDetails(request, protocol, extensions, path, query);
    const open = { stream, head: this.#letGo(pending), details, deflate };
    liftIdleLimit(stream);
    let connection: WebSocketServer;
    try {
      connection = new WebSocketServer(stream, undefined, {
        settings: admitted.livePath?.settings ?? this.#settings.connection,
        open,
        context,
        remoteName,
      });
    } catch (error) {
      trace.end(undefined, String(error));
      throw error;
    }
    // Nothing was sent yet: what is sent in this turn leaves after it.
    stream.write(response, 'latin1');
    trace.end(101);
    this.#outcome.accepted(connection, request);
    return connection;
  }

  /** Refuses a request that waits. */
  refuse(pending: PendingHandshake, refusal: Refusal): void {
    const { request, stream, trace } = pending;
    this.#letGo(pending);
    this.#answer(request, stream, refusal, trace);
  }

  /** Refuses all that wait. */
  refuseAll(refusal: Refusal): void {
    for (const pending of [...this.#pending.values()]) this.refuse(pending, refusal);
  }

  /** Refuses a request that never waited. */
  turnAway(request: IncomingMessage, stream: Duplex, refusal: Refusal): void {
    this.#answer(request, stream, refusal, new HandshakeTrace(request));
  }

  /** Leaves the stream to whoever answers, paused. @returns what came early. */
  #letGo({ stream, head, guard }: PendingHandshake): Buffer | undefined {
    if (guard !== undefined) {
      this.#pending.delete(stream);
      return guard.release();
    }
    stream.pause();
    return head;
  }

  #answer(request: IncomingMessage, stream: Duplex, refusal: Refusal, trace: HandshakeTrace): void {
    const { status, reason, response } = refusal;
    this.refusals.send(stream, response);
    trace.end(status, reason);
    this.#outcome.rejected(request, status, reason);
  }

  #selectProtocol({ request, admitted }: PendingHandshake): string {
    const { selectProtocol } = this.#settings;
    const { livePath } = admitted;
    const { protocols } = admitted.offer;
    if (selectProtocol !== undefined) return validateSelection(selectProtocol(protocols, request), protocols);
    return livePath === undefined ? (protocols[0] ?? '') : livePath.selectProtocol(protocols);
  }

  #acceptDeflate(offered: string): { deflate: Deflate | undefined; extensions: string } {
    const settings = this.#settings.deflate;
    if (settings === undefined || offered === '') return NO_EXTENSIONS;
    const accepted = acceptDeflate(parseExtensions(offered), settings);
    if (accepted === undefined) return NO_EXTENSIONS;
    const { agreement, response } = accepted;
    return { deflate: { agreement, settings }, extensions: formatExtensions([response]) };
  }

  #lookupPeerName(request: IncomingMessage): string {
    const { lookupPeerName } = this.#settings;
    if (lookupPeerName === undefined) return '';
    try {
      const name = promptAnswer(lookupPeerName(request), 'lookupPeerName');
      return typeof name === 'string' ? name : '';
    } catch (error) {
      log('error', 'lookupPeerName threw, or returned a promise', { err: error });
      return '';
    }
  }
}

/** Takes off an idle limit that the HTTP server had for its own connections. */
function liftIdleLimit(stream: Duplex): void {
  if (stream instanceof Socket && (stream.timeout ?? 0) !== 0) stream.setTimeout(0);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

/** Describes the opening handshake of a request, whose header fields Node puts in order when they are asked for. */
class RequestDetails implements ConnectDetails {
  readonly protocol: string;
  readonly extensions: string;
  readonly path: string;
  readonly query: string;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, protocol: string, extensions: string, path: string, query: string) {
    this.#request = request;
    this.protocol = protocol;
    this.extensions = extensions;
    this.path = path;
    this.query = query;
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }
}
