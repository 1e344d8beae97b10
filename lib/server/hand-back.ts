import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { splitList } from '../handshake/field-grammar.js';

/** Header fields that are about the upgrade alone (RFC 7540 §3.2.1). */
const UPGRADE_FIELDS: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/**
 * Hands an upgrade that nobody wants back to its HTTP server as the ordinary request it is as well (RFC 7230 §6.7:
 * "A server MAY ignore a received Upgrade header field"): it is put in front of the stream again, without its Upgrade
 * and with whatever followed, and the stream is accepted anew.
 */
export function handBack(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  let text = `${method as string} ${url as string} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = fieldWithoutUpgrade(name.toLowerCase(), rawHeaders[i + 1]!);
    if (value !== undefined) text += `${name}: ${value}\r\n`;
  }
  stream.unshift(head);
  stream.unshift(Buffer.from(`${text}\r\n`, 'latin1'));
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', stream);
}

/** Returns the field's value without what is about the upgrade; undefined when nothing is left. */
function fieldWithoutUpgrade(name: string, value: string): string | undefined {
  if (UPGRADE_FIELDS.has(name)) return undefined;
  if (name !== 'connection') return value;
  const kept = splitList(value).filter((option) => !UPGRADE_FIELDS.has(option.toLowerCase()));
  return kept.length === 0 ? undefined : kept.join(', ');
}
