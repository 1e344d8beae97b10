import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HandshakeError, type HandshakeErrorDetails, type HandshakeStage } from '../errors.js';
import { generateKey } from '../handshake/accept-key.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import { examineResponse, requestHeaders, type Agreement } from '../handshake/client-handshake.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import type { OpeningSettings, TransportOptions } from './client-options.js';

/** Is what one request of an opening handshake is made of; each redirect makes another. */
export interface OpeningPlan {
  readonly url: WebSocketUrl;
  readonly protocols: readonly string[];
  readonly headers: CallerHeaders | undefined;
  readonly auth: string | undefined;
  readonly opening: OpeningSettings;
  readonly transport: TransportOptions;
}

/** Is a byte stream behind a 101, and what was agreed on. */
export interface Upgraded extends Agreement {
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly response: IncomingMessage;
}

/** Is told how an {@link OpeningRequest} ends: exactly one of these is called, once. */
export interface OpeningOutcome {
  opened(upgraded: Upgraded): void;
  /** Takes a response that is no 101; its body was not read yet. Returns whether it was of use. */
  redirected(response: IncomingMessage): boolean;
  failed(error: HandshakeError): void;
}

/**
 * Makes one request for an upgrade (RFC 6455 §4.1) and reads the response, knowing at each moment which stage it
 * has reached.
 */
export class OpeningRequest {
  readonly #plan: OpeningPlan;
  readonly #outcome: OpeningOutcome;
  readonly #key = generateKey();
  readonly #request: ClientRequest;
  #stage: HandshakeStage;
  #isOver = false;

  /** @throws whatever Node says of options that were handed through. */
  constructor(plan: OpeningPlan, outcome: OpeningOutcome) {
    const { url, protocols, headers, auth, opening, transport } = plan;
    this.#plan = plan;
    this.#outcome = outcome;
    const socketPath = transport.socketPath ?? url.socketPath;
    this.#stage = socketPath === undefined && isIP(url.host) === 0 ? 'dns' : 'tcp';
    const send = url.secure ? httpsRequest : httpRequest;
    this.#request = send({
      agent: false,
      ...transport,
      method: 'GET',
      host: url.host,
      port: url.port,
      path: url.target,
      ...(socketPath !== undefined && { socketPath }),
      headers: requestHeaders({
        authority: url.authority,
        key: this.#key,
        protocols,
        origin: opening.origin,
        auth,
        headers,
      }),
      ...(opening.maxResponseHeaderBytes !== Infinity && { maxHeaderSize: opening.maxResponseHeaderBytes }),
    });
    this.#request.on('socket', (socket) => this.#requestOnSocket(socket));
    this.#request.on('upgrade', (response, stream, head) => this.#requestOnUpgrade(response, stream, head));
    this.#request.on('response', (response) => this.#requestOnResponse(response));
    this.#request.on('information', ({ statusCode }) => {
      if (statusCode === 101)
        this.#fail('validate', 'the server answered 101, but its header names no upgrade');
    });
    this.#request.on('error', (error) => this.#requestOnError(error));
    this.#request.on('close', () => this.#fail(this.#stage, 'the server closed before it had answered'));
    this.#request.end();
  }

  /** Step that the request has reached. */
  get stage(): HandshakeStage {
    return this.#stage;
  }

  /** Gives up; nothing of the outcome is called any more. */
  abandon(): void {
    this.#isOver = true;
    this.#request.destroy();
  }

  #requestOnSocket(socket: Socket): void {
    if (!socket.connecting) {
      this.#stage = 'http';
      return;
    }
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.#stage = 'tcp';
    });
    socket.once('connect', () => (this.#stage = this.#plan.url.secure ? 'tls' : 'http'));
    socket.once('secureConnect', () => (this.#stage = 'http'));
  }

  #requestOnUpgrade(response: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (this.#isOver) {
      stream.destroy();
      return;
    }
    this.#stage = 'validate';
    try {
      const agreement = examineResponse({
        statusCode: response.statusCode,
        rawHeaders: response.rawHeaders,
        key: this.#key,
        protocols: this.#plan.protocols,
      });
      this.#isOver = true;
      this.#outcome.opened({ ...agreement, stream, head, response });
    } catch (error) {
      if (this.#isOver) throw error;
      stream.on('error', () => undefined);
      stream.destroy();
      this.#report(error as HandshakeError);
    }
  }

  #requestOnResponse(response: IncomingMessage): void {
    this.#stage = 'http';
    if (this.#isOver || this.#outcome.redirected(response)) {
      this.abandon();
      return;
    }
    const limit = this.#plan.opening.maxResponseBodyBytes;
    const chunks: Buffer[] = [];
    let length = 0;
    const report = (): void => {
      const { statusCode, statusMessage, headers } = response;
      const body = Buffer.concat(chunks);
      const status = `${String(statusCode)} ${statusMessage ?? ''}`.trimEnd();
      this.#fail('http', `the server answered ${status} instead of 101${startOf(body)}`, {
        statusCode,
        headers,
        body,
      });
    };
    response.on('data', (chunk: Buffer) => {
      const room = limit - length;
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      length += chunk.length;
      if (length > limit) report();
    });
    response.on('end', report);
    response.on('error', report);
    response.on('close', report);
  }

  #requestOnError(error: NodeJS.ErrnoException): void {
    if (error.syscall === 'getaddrinfo') this.#stage = 'dns';
    else if (error.syscall === 'connect') this.#stage = 'tcp';
    const causes =
      error instanceof AggregateError ? (error.errors as Error[]).map(({ message }) => message) : [];
    const message = causes.length > 0 ? causes.join('; ') : error.message;
    this.#fail(this.#stage, message, { cause: error });
  }

  #fail(stage: HandshakeStage, message: string, details?: HandshakeErrorDetails): void {
    const { host, port, socketPath } = this.#plan.url;
    const place = socketPath ?? `${host}:${String(port)}`;
    this.#report(
      new HandshakeError(stage, `opening handshake with ${place} failed (${stage}): ${message}`, details),
    );
  }

  #report(error: HandshakeError): void {
    if (this.#isOver) return;
    this.abandon();
    this.#outcome.failed(error);
  }
}

/** Shows the first line of a body that is text. */
function startOf(body: Buffer): string {
  const line = /^[^\r\n]{1,120}/.exec(body.toString('utf8', 0, 480))?.[0] ?? '';
  // eslint-disable-next-line no-control-regex -- a body may try to write to the reader's terminal
  return line === '' || /[\x00-\x08\x0b-\x1f\x7f\ufffd]/.test(line) ? '' : `: ${line}`;
}
