/** Holds one extension of the header, as offered or accepted. */
export interface ExtensionOffer {
    /** Name as written. */
    readonly name: string;
    /** Values of each parameter in order, `true` where one has none; who negotiates judges repeated ones. */
    readonly params: ReadonlyMap<string, readonly (string | true)[]>;
}
/**
 * Parses the value of a Sec-WebSocket-Extensions header (RFC 6455 §9.1), several fields joined by commas, in
 * time linear in its length.
 *
 * @param header - value of the header
 * @returns at least one extension, in the order of preference
 * @throws WebSocketError ERR_WS_INVALID_EXTENSIONS_HEADER when it does not conform; the message tells the
 *   offset. The opening handshake is refused then: RFC 6455 §9.1 leaves no choice
 */
export declare function parseExtensions(header: string): ExtensionOffer[];
/**
 * Formats extensions as the value of a Sec-WebSocket-Extensions header (RFC 6455 §9.1); `parseExtensions` reads
 * it back.
 *
 * @throws InvalidOptionError ERR_WS_INVALID_OPTION when a name or value is no token
 */
export declare function formatExtensions(offers: readonly ExtensionOffer[]): string;
