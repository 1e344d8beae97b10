import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, Socket, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DeflateSettings } from '../compression/deflate-options.js';
import { HandshakeError, type HandshakeErrorDetails, type HandshakeStage } from '../errors.js';
import { generateKey } from '../handshake/accept-key.js';
import type { CallerHeaders } from '../handshake/caller-headers.js';
import { examineResponse, requestHeaders, type Agreement } from '../handshake/client-handshake.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import type { OpeningSettings, TransportOptions } from './client-options.js';
import { formatExtensions } from '../protocol/extension-header.js';
import { offerDeflate } from '../protocol/permessage-deflate.js';
import { DirectSocket } from './direct-socket.js';
import { ProxyTunnel, type ProxyAddress } from './proxy.js';
import { ResponseBody } from './response-body.js';

/** Most interim responses (1xx) that are waited through. */
const MAX_INTERIM_RESPONSES = 100;

/** Is what one request of an opening handshake is made of; each redirect makes another. */
export interface OpeningPlan {
  readonly url: WebSocketUrl;
  readonly protocols: readonly string[];
  readonly headers: CallerHeaders | undefined;
  readonly auth: string | undefined;
  readonly opening: OpeningSettings;
  /** What is wanted of permessage-deflate; undefined not to offer it. */
  readonly deflate: DeflateSettings | undefined;
  readonly proxy: ProxyAddress | undefined;
  readonly transport: TransportOptions;
}

/** Is a byte stream behind a 101, and what was agreed on. */
export interface Upgraded extends Agreement {
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly response: IncomingMessage;
  /** How its octets are read, if it is one of ours. */
  readonly reading: DirectSocket | undefined;
}

/** Is told how an {@link OpeningRequest} ends: exactly one of these is called, once. */
export interface OpeningOutcome {
  /** Takes the stream. @throws what makes it of no use. */
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
  readonly #headers: readonly string[];
  #tunnel: ProxyTunnel | undefined;
  #request: ClientRequest | undefined;
  #socket: Socket | undefined;
  #direct: DirectSocket | undefined;
  #response: IncomingMessage | undefined;
  #body: ResponseBody | undefined;
  #interimResponses = 0;
  #stage: HandshakeStage;
  #isOver = false;

  /**
   * Makes the request, but does not dial yet.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for header fields that cannot be sent.
   */
  constructor(plan: OpeningPlan, outcome: OpeningOutcome) {
    const { url, protocols, headers, auth, opening, deflate, proxy } = plan;
    this.#plan = plan;
    this.#outcome = outcome;
    this.#stage = proxy === undefined ? 'tcp' : 'proxy';
    this.#headers = requestHeaders({
      authority: url.authority,
      key: this.#key,
      protocols,
      extensions: deflate && formatExtensions(offerDeflate(deflate)),
      origin: opening.origin,
      auth,
      headers,
    });
  }

  /** Step that the request has reached. */
  get stage(): HandshakeStage {
    return this.#stage;
  }

  /**
   * Dials.
   * @throws whatever Node says of options that were handed through.
   */
  start(): void {
    const { url, proxy, transport } = this.#plan;
    if (proxy === undefined) {
      const { host, port } = url;
      const socketPath = this.#socketPath;
      // An agent's sockets are its own, and those of TLS are read by TLS.
      if (!url.secure && (transport.agent ?? false) === false) {
        const place = socketPath === undefined ? { host, port } : { path: socketPath };
        this.#ask({ createConnection: () => this.#dial({ ...transport, ...place }) });
        return;
      }
      this.#ask({ agent: false, ...transport, host, port, ...(socketPath !== undefined && { socketPath }) });
      return;
    }
    this.#tunnel = new ProxyTunnel(proxy, url, transport, this.#maxHeaderSize, {
      opened: (stream) => this.#ask({ createConnection: () => stream }),
      failed: (why, details) => this.#fail(why, details),
    });
  }

  /** Gives up, for a reason of the caller's; the outcome is `failed`. */
  giveUp(why: string, code: string, cause?: unknown): void {
    this.#fail(why, { code, cause });
  }

  /** Gives up; nothing of the outcome is called any more. */
  abandon(): void {
    this.#isOver = true;
    this.#tunnel?.abandon();
    this.#request?.destroy();
    this.#forgetSocket();
  }

  get #socketPath(): string | undefined {
    return this.#plan.transport.socketPath ?? this.#plan.url.socketPath;
  }

  get #maxHeaderSize(): number {
    // Node takes no Infinity, and would take 0 for its own default.
    return Math.min(this.#plan.opening.maxResponseHeaderBytes, Number.MAX_SAFE_INTEGER);
  }

  #dial(options: NetConnectOpts): Socket {
    this.#direct = new DirectSocket({ noDelay: true, ...options });
    return this.#direct.socket;
  }

  #ask(way: RequestOptions): void {
    const { url } = this.#plan;
    const send = url.secure ? httpsRequest : httpRequest;
    const request = send({
      ...way,
      method: 'GET',
      path: url.target,
      headers: this.#headers,
      maxHeaderSize: this.#maxHeaderSize,
    });
    this.#request = request;
    request.on('socket', (socket) => this.#requestOnSocket(socket));
    request.on('information', ({ statusCode }) => this.#requestOnInformation(statusCode));
    request.on('upgrade', (response, stream, head) => this.#requestOnUpgrade(response, stream, head));
    request.on('response', (response) => this.#requestOnResponse(response));
    request.on('error', (error) => this.#requestOnError(error));
    request.on('close', () => this.#fail('the server closed before it had answered'));
    request.end();
  }

  #requestOnSocket(socket: Socket): void {
    const isNamed = this.#socketPath === undefined && isIP(this.#plan.url.host) === 0;
    // A lookup that fails within the call is over by now.
    if (socket.connecting || socket.destroyed) this.#stage = isNamed ? 'dns' : 'tcp';
    if (socket.destroyed) return;
    if (socket.connecting) {
      this.#socket = socket;
      socket.once('lookup', this.#socketOnLookup);
      socket.once('connect', this.#socketOnConnect);
      socket.once('secureConnect', this.#socketOnSecureConnect);
    } else if (this.#plan.url.secure && this.#request?.reusedSocket !== true) {
      this.#stage = 'tls';
      this.#socket = socket;
      socket.once('secureConnect', this.#socketOnSecureConnect);
    } else this.#stage = 'http';
  }

  readonly #socketOnLookup = (error: Error | null): void => {
    if (error === null) this.#stage = 'tcp';
  };

  readonly #socketOnConnect = (): void => {
    this.#stage = this.#plan.url.secure ? 'tls' : 'http';
  };

  readonly #socketOnSecureConnect = (): void => {
    this.#stage = 'http';
  };

  #forgetSocket(): void {
    this.#socket?.off('lookup', this.#socketOnLookup);
    this.#socket?.off('connect', this.#socketOnConnect);
    this.#socket?.off('secureConnect', this.#socketOnSecureConnect);
    this.#socket = undefined;
  }

  #requestOnInformation(statusCode: number): void {
    this.#interimResponses += 1;
    if (this.#interimResponses > MAX_INTERIM_RESPONSES)
      this.#fail(`more than ${String(MAX_INTERIM_RESPONSES)} interim responses`, { statusCode });
  }

  #requestOnUpgrade(response: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', ignoreError);
    if (this.#isOver) {
      stream.destroy();
      return;
    }
    this.#stage = 'validate';
    this.#forgetSocket();
    try {
      const agreement = examineResponse({
        statusCode: response.statusCode,
        rawHeaders: response.rawHeaders,
        key: this.#key,
        protocols: this.#plan.protocols,
        deflate: this.#plan.deflate,
      });
      // An idle limit that an agent had for its own connections.
      if (stream instanceof Socket) stream.setTimeout(0);
      this.#outcome.opened({ ...agreement, stream, head, response, reading: this.#direct });
      stream.off('error', ignoreError);
      this.#isOver = true;
    } catch (error) {
      stream.destroy();
      const { message, statusCode, headers } = error as HandshakeError;
      this.#fail(message, { statusCode, headers, cause: error });
    }
  }

  #requestOnResponse(response: IncomingMessage): void {
    if (response.statusCode === 101) {
      this.#stage = 'validate';
      this.#response = response;
      this.#fail("the response's header section names no upgrade");
      return;
    }
    this.#stage = 'http';
    if (this.#isOver || this.#outcome.redirected(response)) {
      this.abandon();
      return;
    }
    this.#response = response;
    const body = new ResponseBody(this.#plan.opening.maxResponseBodyBytes);
    this.#body = body;
    const { statusCode, statusMessage } = response;
    const answered = `${String(statusCode)} ${statusMessage ?? ''}`.trimEnd();
    const report = (): void => {
      if (!this.#isOver) this.#fail(`the server answered ${answered} instead of 101${body.describe()}`);
    };
    response.on('data', (chunk: Buffer) => {
      if (!body.add(chunk)) report();
    });
    // Whatever ends it: a body that was cut short is told as far as it came.
    response.on('end', report);
    response.on('error', report);
    response.on('close', report);
  }

  #requestOnError(error: NodeJS.ErrnoException): void {
    // The response tells more, and its own end follows.
    if (this.#response !== undefined) return;
    // One for each address of a name.
    const all: readonly NodeJS.ErrnoException[] = error instanceof AggregateError ? error.errors : [error];
    if (all.some(({ syscall }) => syscall === 'connect' || syscall === 'bind')) this.#stage = 'tcp';
    this.#fail(all.map(({ message }) => message).join('; '), { cause: error });
  }

  #fail(why: string, details: HandshakeErrorDetails = {}): void {
    if (this.#isOver) return;
    this.abandon();
    const { host, port } = this.#plan.url;
    const place = this.#socketPath ?? `${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
    const message = `opening handshake with ${place} failed (${this.#stage}): ${why}`;
    const sofar = this.#response && {
      statusCode: this.#response.statusCode,
      headers: this.#response.headers,
      body: this.#body?.octets,
    };
    this.#outcome.failed(new HandshakeError(this.#stage, message, { ...sofar, ...details }));
  }
}

function ignoreError(): void {
  // The stream is given up; why was told already.
}
