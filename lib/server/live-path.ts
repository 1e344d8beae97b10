import type { Server } from 'node:http';
import type { Handler } from '../connection/connection-events.js';
import type { ConnectionSettings } from '../connection/connection-options.js';
import { globMatch } from '../connection/glob.js';
import { selectSubprotocol } from '../handshake/subprotocol.js';
import { check, func, required, string } from '../options.js';

/** Says what a {@link LivePath} is made of. @internal */
export interface LivePathParts {
  /** Server it holds for; undefined: for every server of the registry. */
  readonly server: Server | undefined;
  readonly path: string;
  readonly handler: Handler | undefined;
  readonly protocol: string | undefined;
  /** Makes the settings of its connections. */
  readonly settingsFor: (handler: Handler | undefined) => ConnectionSettings;
  /** Takes it out of its registry. */
  readonly remove: (livePath: LivePath) => boolean;
}

/** Accepts connections for requests whose path and subprotocol match its globs (websocket(n): live). */
export class LivePath {
  /** Glob for the raw path of the request. */
  readonly path: string;
  /** Glob for the subprotocol. */
  readonly protocol: string;
  /** Called with everything that happens on its connections. */
  readonly handler: Handler | undefined;
  /** Server it holds for; undefined: for every server of the registry. */
  readonly server: Server | undefined;

  /** @internal */
  readonly settings: ConnectionSettings;

  readonly #remove: (livePath: LivePath) => boolean;

  /**
   * @internal
   * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for globs that are no strings, a handler that is no function.
   */
  constructor(parts: LivePathParts) {
    this.server = parts.server;
    this.path = check('path', required(string()), parts.path);
    this.handler = check('handler', func<Handler>(), parts.handler);
    this.protocol = check('protocol', string('*'), parts.protocol);
    this.settings = parts.settingsFor(this.handler);
    this.#remove = parts.remove;
  }

  /** Tells whether a path matches. */
  matchesPath(path: string): boolean {
    return globMatch(this.path, path);
  }

  /** Tells whether what a client offers matches: one of the subprotocols, or that it offers none. */
  matchesProtocols(offered: readonly string[]): boolean {
    return offered.length === 0 || this.selectProtocol(offered) !== '';
  }

  /** Chooses the first subprotocol offered that matches; empty if none does. */
  selectProtocol(offered: readonly string[]): string {
    return selectSubprotocol(offered, (protocol) => globMatch(this.protocol, protocol));
  }

  /** Accepts no further connections; those open stay. @returns whether it was live until now. */
  remove(): boolean {
    return this.#remove(this);
  }
}
