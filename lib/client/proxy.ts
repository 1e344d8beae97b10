import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect as tlsConnect,
  createSecureContext,
  type ConnectionOptions as TlsOptions,
  type TLSSocket,
} from 'node:tls';
import { InvalidOptionError, type HandshakeErrorDetails } from '../errors.js';
import type { WebSocketUrl } from '../handshake/websocket-url.js';
import type { TransportOptions } from './client-options.js';

/** Says where a proxy is, and how one introduces oneself to it. */
export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization; undefined when the URL has no credentials. */
  readonly authorization: string | undefined;
}

/** Is told how the way to a {@link ProxyTunnel} ends: one of these is called, once. */
export interface TunnelOutcome {
  opened(stream: Duplex): void;
  failed(why: string, details: HandshakeErrorDetails): void;
}

const EXPECTED = "an http: URL without path, such as 'http://user:password@proxy:3128'";

/**
 * Reads the URL of a proxy.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that does not tell the credentials.
 */
export function parseProxyUrl(proxy: unknown): ProxyAddress {
  const url = URL.canParse(String(proxy)) ? new URL(String(proxy)) : undefined;
  const shown = url === undefined ? 'no URL' : `${url.protocol}//${url.host}${url.pathname}${url.search}`;
  const fail = () => new InvalidOptionError('proxy', shown, EXPECTED);
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') throw fail();
  let authorization: string | undefined;
  if (url.username !== '' || url.password !== '') {
    try {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    } catch {
      throw fail();
    }
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    authorization,
  };
}

/** Asks a proxy for a tunnel to where a URL points (RFC 7231 §4.3.6), and lays TLS through it for wss. */
export class ProxyTunnel {
  /** Where the proxy is, for errors. */
  readonly #place: string;
  readonly #url: WebSocketUrl;
  readonly #tls: TlsOptions;
  readonly #outcome: TunnelOutcome;
  readonly #request: ClientRequest;
  #isOver = false;

  /**
   * @param maxHeaderSize - longest header section of the proxy's answer, in octets.
   * @throws whatever Node says of options that were handed through.
   */
  constructor(
    proxy: ProxyAddress,
    url: WebSocketUrl,
    transport: TransportOptions,
    maxHeaderSize: number,
    outcome: TunnelOutcome,
  ) {
    this.#place = `${bracketed(proxy.host)}:${String(proxy.port)}`;
    this.#url = url;
    this.#outcome = outcome;
    const tls = transport as TlsOptions;
    // Certificates that are no good are to be told of at the call, not once the tunnel is there.
    this.#tls = url.secure ? { secureContext: createSecureContext(tls), ...tls } : tls;
    const target = `${bracketed(url.host)}:${String(url.port)}`;
    const { authorization } = proxy;
    const { lookup, family, hints, localAddress, localPort } = transport;
    this.#request = httpRequest({
      agent: false,
      ...{ lookup, family, hints, localAddress, localPort },
      maxHeaderSize,
      method: 'CONNECT',
      host: proxy.host,
      port: proxy.port,
      path: target,
      headers: [
        ...['Host', target],
        ...(authorization === undefined ? [] : ['Proxy-Authorization', authorization]),
      ],
    });
    this.#request.on('connect', (response, stream, head) => this.#requestOnConnect(response, stream, head));
    this.#request.on('error', (error) => this.#fail(error.message, { cause: error }));
    this.#request.on('close', () => this.#fail('it closed before it had answered'));
    this.#request.end();
  }

  /** Gives up; nothing of the outcome is called any more. */
  abandon(): void {
    this.#isOver = true;
    this.#request.destroy();
  }

  #requestOnConnect(response: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', ignoreError);
    const { statusCode = 0, statusMessage, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      const details = { statusCode, headers, body: head };
      this.#fail(`it answered ${`${String(statusCode)} ${statusMessage ?? ''}`.trimEnd()}`, details);
    } else if (head.length > 0) this.#fail('it sent octets behind its answer');
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    try {
      const stream = this.#url.secure ? this.#layTls(socket) : socket;
      this.#isOver = true;
      this.#outcome.opened(stream);
    } catch (error) {
      socket.destroy();
      this.#fail((error as Error).message, { cause: error });
    }
  }

  /** @throws whatever Node says of options that were handed through. */
  #layTls(socket: Socket): TLSSocket {
    const { host } = this.#url;
    const { servername = isIP(host) === 0 ? host : '' } = this.#tls;
    // As https.Agent has it: without ALPN, some servers answer in HTTP/2.
    return tlsConnect({ ALPNProtocols: ['http/1.1'], ...this.#tls, socket, host, servername });
  }

  #fail(why: string, details: HandshakeErrorDetails = {}): void {
    if (this.#isOver) return;
    this.abandon();
    this.#outcome.failed(`no tunnel through ${this.#place}: ${why}`, details);
  }
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function ignoreError(): void {
  // Whoever has the stream on top of this one hears of it.
}
