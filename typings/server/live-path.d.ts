import type { Server } from 'node:http';
import type { Handler } from '../connection/connection-events.js';
/** Accepts connections for requests whose path and subprotocol match its globs (websocket(n): live). */
export declare class LivePath {
    #private;
    /** Glob for the raw path of the request. */
    readonly path: string;
    /** Glob for the subprotocol. */
    readonly protocol: string;
    /** Called with everything that happens on its connections. */
    readonly handler: Handler | undefined;
    /** Server it holds for; undefined: for every server of the registry. */
    readonly server: Server | undefined;
    /** Tells whether a path matches. */
    matchesPath(path: string): boolean;
    /** Tells whether what a client offers matches: one of the subprotocols, or that it offers none. */
    matchesProtocols(offered: readonly string[]): boolean;
    /** Chooses the first subprotocol offered that matches; empty if none does. */
    selectProtocol(offered: readonly string[]): string;
    /** Accepts no further connections; those open stay. @returns whether it was live until now. */
    remove(): boolean;
}
