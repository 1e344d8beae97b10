import { check, either, integer, string } from '../options.js';
import { Roster } from '../roster.js';
import type { Connection } from './connection.js';
import { globMatch } from './glob.js';

/** Holds every connection of this process from its opening until the byte stream is gone. */
const live = new Roster<Connection>();

export function addLive(connection: Connection): void {
  live.add(connection);
}

export function removeLive(connection: Connection): void {
  live.delete(connection);
}

/**
 * Finds live connections by their remote end (websocket(n): find).
 * @param host - glob for the name or the address. Default `*`.
 * @param port - glob for the port, or a number. Default `*`.
 * @param among - where to look. Default all of this process.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for globs that are no strings.
 */
export function findConnections<C extends Connection = Connection>(
  host: string | undefined,
  port: string | number | undefined,
  among: Iterable<C> = live as Iterable<C>,
): C[] {
  const hostGlob = check('host', string('*'), host);
  const portGlob = String(check('port', either(string('*'), integer()), port));
  const found: C[] = [];
  for (const connection of among) {
    const { remoteName, remoteAddress, remotePort } = connection;
    const isHost =
      (remoteName !== '' && globMatch(hostGlob, remoteName)) || globMatch(hostGlob, remoteAddress);
    if (isHost && globMatch(portGlob, String(remotePort))) found.push(connection);
  }
  return found;
}
