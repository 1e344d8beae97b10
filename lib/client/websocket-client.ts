import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import { isDuplex } from '../connection/stream-claim.js';
import { takeoverSettings, type TakeoverOptions } from '../connection/takeover-options.js';
import { handshakeTracing } from '../diagnostics.js';
import { HandshakeError } from '../errors.js';
import { validateSubprotocols } from '../handshake/subprotocol.js';
import { parseWebSocketUrl, type WebSocketUrl } from '../handshake/websocket-url.js';
import { log } from '../logging.js';
import { clientSettings, type ClientOptions, type OpeningSettings } from './client-options.js';
import { OpeningRequest, type OpeningPlan, type Upgraded } from './opening-request.js';
import { isRedirection, planRedirect, redirectRefused } from './redirect-policy.js';

/** Follows an opening handshake in traces. */
interface HandshakeTrace {
  readonly role: 'client';
  readonly url: string;
  statusCode?: number | undefined;
  error?: Error;
}

/**
 * Is the client's end of a connection: dials at construction (RFC 6455 §4.1; websocket(n): open), or takes over a
 * byte stream that is open already.
 */
export class WebSocketClient extends Connection {
  #url: WebSocketUrl | undefined;
  #opening: OpeningSettings | undefined;
  #request: OpeningRequest | undefined;
  #redirects = 0;
  #timer: NodeJS.Timeout | undefined;
  #trace: HandshakeTrace | undefined;

  /**
   * Dials; `connect` follows, or `error` with a HandshakeError and `close`.
   * @param url - `ws:`, `wss:`, `ws+unix:/socket:/path` (and http, https in their place); or a Duplex of bytes on
   * which the opening handshake is done, to be taken over.
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for a URL or option that cannot be used; nothing is dialled.
   */
  constructor(url: string | URL, options?: ClientOptions);
  constructor(stream: Duplex, options?: TakeoverOptions);
  constructor(target: string | URL | Duplex, options: ClientOptions & TakeoverOptions = {}) {
    if (isDuplex(target)) {
      const { settings, open } = takeoverSettings('client', target, options);
      super(settings);
      this.attach(open);
      process.nextTick(() => this.announce(open));
      return;
    }
    const url = parseWebSocketUrl(target);
    const { connection, opening, deflate, proxy, transport } = clientSettings(options, url);
    const protocols = validateSubprotocols(opening.protocol);
    super(connection);
    const { headers, auth = url.auth, signal, timeout } = opening;
    this.#opening = opening;
    const request = this.#prepare({ url, protocols, headers, auth, opening, deflate, proxy, transport });
    if (signal?.aborted !== true) request.start();
    // From here on nothing throws: what fails is told by events.
    this.#startTrace(url);
    this.#timer = setTimeout(() => this.#timerOnTimeout(timeout), timeout);
    signal?.addEventListener('abort', this.#signalOnAbort, { once: true });
    if (signal?.aborted === true) this.#signalOnAbort();
  }

  /**
   * Dials and waits for the connection.
   * @returns the open connection; its first messages wait for a listener.
   * @throws HandshakeError (`ERR_WS_HANDSHAKE_…`) when it does not open; InvalidOptionError
   * (`ERR_WS_INVALID_OPTION`) as the constructor does.
   */
  static async open(url: string | URL, options?: ClientOptions): Promise<WebSocketClient> {
    const client = new WebSocketClient(url, options);
    return await new Promise((resolve, reject) => {
      const onConnect = (): void => {
        client.off('error', onError).off('close', onClose);
        resolve(client);
      };
      const onError = (error: Error): void => {
        client.off('connect', onConnect).off('close', onClose);
        reject(error);
      };
      const onClose = (): void => {
        const stage = client.#request?.stage ?? 'http';
        onError(
          new HandshakeError(stage, 'closed before it had opened', { code: 'ERR_WS_HANDSHAKE_ABORTED' }),
        );
      };
      client.once('connect', onConnect).once('error', onError).once('close', onClose);
    });
  }

  /** Role of this end. */
  override get role(): 'client' {
    return 'client';
  }

  /** URL that was dialled, the last one of redirects, without credentials; empty for a stream taken over. */
  get url(): string {
    return this.#url?.href ?? '';
  }

  /** The URL's host; empty for a Unix socket, and for a stream that was taken over. */
  override get remoteName(): string {
    return this.#url === undefined || this.#url.socketPath !== undefined ? '' : this.#url.host;
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#endOpening();
    this.#request?.abandon();
    this.#endTrace(undefined, error ?? new Error('given up'));
    super._destroy(error, callback);
  }

  #prepare(plan: OpeningPlan): OpeningRequest {
    this.#url = plan.url;
    log('debug', 'dialling', { url: plan.url.href });
    this.#request = new OpeningRequest(plan, {
      opened: (upgraded) => this.#requestOnOpened(upgraded, plan),
      redirected: (response) => this.#requestOnRedirected(plan, response),
      failed: (error) => this.#fail(error),
    });
    return this.#request;
  }

  #requestOnOpened({ stream, head, response, reading, ...agreed }: Upgraded, plan: OpeningPlan): void {
    const { path, query } = plan.url;
    const { protocol, extensions } = agreed;
    const details = { protocol, extensions, path, query, headers: response.headers };
    const deflate = agreed.deflate && { agreement: agreed.deflate, settings: plan.deflate! };
    const open = { stream, head, details, deflate, reading };
    this.attach(open);
    this.#endOpening();
    this.#request = undefined;
    this.#endTrace(response.statusCode, undefined);
    this.announce(open);
  }

  #requestOnRedirected(plan: OpeningPlan, response: IncomingMessage): boolean {
    const { followRedirects, maxRedirects } = plan.opening;
    if (!followRedirects || !isRedirection(response)) return false;
    try {
      if (++this.#redirects > maxRedirects)
        throw redirectRefused(response, `more than ${String(maxRedirects)} redirects`);
      this.#prepare(planRedirect(plan, response)).start();
    } catch (error) {
      const isTold = error instanceof HandshakeError;
      this.#fail(isTold ? error : redirectRefused(response, (error as Error).message, error));
    }
    return true;
  }

  #timerOnTimeout(timeoutMs: number): void {
    this.emit('timeout', 'open');
    this.calls?.notify('timeout', 'open');
    this.#request?.giveUp(`nothing came of it within ${String(timeoutMs)} ms`, 'ERR_WS_HANDSHAKE_TIMEOUT');
  }

  readonly #signalOnAbort = (): void => {
    this.#request?.giveUp('aborted by the signal', 'ERR_WS_HANDSHAKE_ABORTED', this.#opening?.signal?.reason);
  };

  #fail(error: HandshakeError): void {
    log('notice', 'opening handshake failed', { url: this.url, err: error });
    this.#endTrace(error.statusCode, error);
    this.destroy(error);
  }

  #endOpening(): void {
    clearTimeout(this.#timer);
    this.#opening?.signal?.removeEventListener('abort', this.#signalOnAbort);
    this.#opening = undefined;
  }

  #startTrace(url: WebSocketUrl): void {
    if (!handshakeTracing.start.hasSubscribers && !handshakeTracing.asyncEnd.hasSubscribers) return;
    this.#trace = { role: 'client', url: url.href };
    handshakeTracing.start.publish(this.#trace);
  }

  #endTrace(statusCode: number | undefined, error: Error | undefined): void {
    const trace = this.#trace;
    if (trace === undefined) return;
    this.#trace = undefined;
    trace.statusCode = statusCode;
    if (error !== undefined) {
      trace.error = error;
      handshakeTracing.error.publish(trace);
    }
    handshakeTracing.asyncEnd.publish(trace);
  }
}
