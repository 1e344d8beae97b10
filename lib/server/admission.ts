import type { Server, IncomingMessage } from 'node:http';
import { rejected, type Rejected } from '../handshake/handshake-response.js';
import { parseRequestTarget } from '../handshake/request-target.js';
import { examineRequest, type Accepted } from '../handshake/server-handshake.js';
import { log } from '../logging.js';
import type { LivePath } from './live-path.js';
import type { RegistrySettings } from './registry-options.js';

/** Is a request that keeps all the rules, for a path that is live. */
export interface Admitted {
  readonly ok: true;
  readonly offer: Accepted;
  /** Undefined in a registry that never had one: it accepts every path. */
  readonly livePath: LivePath | undefined;
}

/** Decides on requests by all that can be decided at once: live paths, the rules of RFC 6455 §4.2.1, the origin. */
export class Admission {
  readonly #settings: RegistrySettings;
  readonly #livePaths: LivePath[] = [];
  #acceptsEveryPath = true;

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
  }

  add(livePath: LivePath): void {
    this.#acceptsEveryPath = false;
    this.#livePaths.push(livePath);
  }

  remove(livePath: LivePath): boolean {
    const index = this.#livePaths.indexOf(livePath);
    if (index !== -1) this.#livePaths.splice(index, 1);
    return index !== -1;
  }

  /** @returns undefined when the path is not live, else whether and how the request may be upgraded. */
  examine(server: Server, request: IncomingMessage): Admitted | Rejected | undefined {
    if (!this.#isLive(server, request)) return undefined;
    const verdict = examineRequest(request, { maxHeaderFields: this.#settings.maxHeaderFields });
    if (!verdict.ok) return verdict;
    const livePath = this.#livePaths.find(
      (candidate) =>
        holdsFor(candidate, server) &&
        candidate.matchesPath(verdict.path) &&
        candidate.matchesProtocols(verdict.protocols),
    );
    if (livePath === undefined && !this.#acceptsEveryPath) return undefined;
    try {
      const origin = this.#settings.originPolicy.examine(verdict.origin, verdict.host, request);
      return origin.ok ? { ok: true, offer: verdict, livePath } : origin;
    } catch (error) {
      log('error', 'origins threw', { err: error });
      return rejected(500, 'origins threw');
    }
  }

  /** Judges the path alone, so that a broken request for somebody else's path is left to him. */
  #isLive(server: Server, request: IncomingMessage): boolean {
    if (this.#acceptsEveryPath) return true;
    const path = parseRequestTarget(request.url ?? '')?.path;
    if (path === undefined) return false;
    return this.#livePaths.some((candidate) => holdsFor(candidate, server) && candidate.matchesPath(path));
  }
}

function holdsFor(livePath: LivePath, server: Server): boolean {
  return livePath.server === undefined || livePath.server === server;
}
