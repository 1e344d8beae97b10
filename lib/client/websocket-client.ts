import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Connection } from '../connection/connection.js';
import { connectionSettings } from '../connection/connection-options.js';
import { isDuplex } from '../connection/stream-claim.js';
import { takeoverSettings, type TakeoverOptions } from '../connection/takeover-options.js';
import { handshakeTracing } from '../diagnostics.js';
import { HandshakeError, type HandshakeStage } from '../errors.js';
import { validateSubprotocols } from '../handshake/subprotocol.js';
import { parseWebSocketUrl, type WebSocketUrl } from '../handshake/websocket-url.js';
import { log } from '../logging.js';
import { clientSettings, type ClientOptions, type OpeningSettings } from './client-options.js';
import { OpeningRequest, type OpeningPlan, type Upgraded } from './opening-request.js';
import { isRedirection, planRedirect } from './redirect-policy.js';

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
      const { settings, open } = takeoverSettings(target, options);
      super('client', settings, '');
      this.attach(open);
      process.nextTick(() => this.announce(open));
      return;
    }
    const { connection, opening, transport } = clientSettings(options);
    const url = parseWebSocketUrl(target);
    const plan: OpeningPlan = {
      url,
      protocols: validateSubprotocols(opening.protocol),
      headers: opening.headers,
      auth: opening.auth ?? url.auth,
      opening,
      transport,
    };
    super('client', connectionSettings(connection), url.socketPath === undefined ? url.host : '');
    this.#url = url;
    this.#opening = opening;
    opening.signal?.addEventListener('abort', this.#signalOnAbort, { once: true });
    try {
      this.#dial(plan);
    } catch (error) {
      this.#endOpening();
      throw error;
    }
    this.#timer = setTimeout(() => this.#timerOnTimeout(opening.timeout), opening.timeout);
    if (opening.signal?.aborted === true) this.#signalOnAbort();
    if (handshakeTracing.start.hasSubscribers || handshakeTracing.asyncEnd.hasSubscribers)
      this.#startTrace(url);
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
      const onClose = (): void =>
        onError(
          new HandshakeError('validate', 'closed before it had opened', { code: 'ERR_WS_HANDSHAKE_ABORTED' }),
        );
      client.once('connect', onConnect).once('error', onError).once('close', onClose);
    });
  }

  /** URL that was dialled, the last one of redirects, without credentials; empty for a stream taken over. */
  get url(): string {
    return this.#url?.href ?? '';
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#endOpening();
    this.#request?.abandon();
    super._destroy(error, callback);
  }

  #dial(plan: OpeningPlan): void {
    this.#url = plan.url;
    log('debug', 'dialling', { url: plan.url.href });
    this.#request = new OpeningRequest(plan, {
      opened: (upgraded) => this.#requestOnOpened(upgraded),
      redirected: (response) => this.#requestOnRedirected(plan, response),
      failed: (error) => this.#fail(error),
    });
  }

  #requestOnOpened({ stream, head, response, protocol, extensions }: Upgraded): void {
    this.#endOpening();
    this.#request = undefined;
    const { path, query } = this.#url!;
    const open = { stream, head, details: { protocol, extensions, path, query, headers: response.headers } };
    this.#endTrace(response.statusCode, undefined);
    this.attach(open);
    this.announce(open);
  }

  #requestOnRedirected(plan: OpeningPlan, response: IncomingMessage): boolean {
    const opening = this.#opening!;
    if (!opening.followRedirects || !isRedirection(response)) return false;
    const { statusCode, headers } = response;
    try {
      if (++this.#redirects > opening.maxRedirects) {
        throw new HandshakeError('http', `more than ${String(opening.maxRedirects)} redirects`, {
          statusCode,
          headers,
        });
      }
      this.#dial(planRedirect(plan, response));
    } catch (error) {
      this.#fail(error as Error);
    }
    return true;
  }

  #timerOnTimeout(timeoutMs: number): void {
    this.emit('timeout', 'open');
    this.calls?.notify('timeout', 'open');
    this.#giveUp(`nothing came of it within ${String(timeoutMs)} ms`, 'ERR_WS_HANDSHAKE_TIMEOUT');
  }

  readonly #signalOnAbort = (): void => {
    this.#giveUp('aborted by the signal', 'ERR_WS_HANDSHAKE_ABORTED', this.#opening?.signal?.reason);
  };

  #giveUp(why: string, code: string, cause?: unknown): void {
    const stage: HandshakeStage = this.#request?.stage ?? 'tcp';
    const message = `opening handshake with ${this.url} failed (${stage}): ${why}`;
    this.#fail(new HandshakeError(stage, message, { code, cause }));
  }

  #fail(error: Error): void {
    log('notice', 'opening handshake failed', { url: this.url, err: error });
    this.#endTrace(error instanceof HandshakeError ? error.statusCode : undefined, error);
    this.destroy(error);
  }

  #endOpening(): void {
    clearTimeout(this.#timer);
    this.#opening?.signal?.removeEventListener('abort', this.#signalOnAbort);
  }

  #startTrace(url: WebSocketUrl): void {
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
