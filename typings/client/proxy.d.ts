import type { Duplex } from 'node:stream';
import { type HandshakeErrorDetails } from '../errors.js';
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
/**
 * Reads the URL of a proxy.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) that does not tell the credentials.
 */
export declare function parseProxyUrl(proxy: unknown): ProxyAddress;
/** Asks a proxy for a tunnel to where a URL points (RFC 7231 §4.3.6), and lays TLS through it for wss. */
export declare class ProxyTunnel {
    #private;
    /**
     * @param maxHeaderSize - longest header section of the proxy's answer, in octets.
     * @throws whatever Node says of options that were handed through.
     */
    constructor(proxy: ProxyAddress, url: WebSocketUrl, transport: TransportOptions, maxHeaderSize: number, outcome: TunnelOutcome);
    /** Gives up; nothing of the outcome is called any more. */
    abandon(): void;
}
