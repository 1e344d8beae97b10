import type { Connection } from '../connection/connection.js';
import { type MessageData, type SendType } from '../connection/outgoing-message.js';
/** Says who is left out of a broadcast. */
export interface BroadcastOptions {
    /** Glob for the path of the connections that get it. @defaultValue '*' */
    readonly path?: string | undefined;
    /** Connection, or connections, that do not get it. */
    readonly except?: Connection | Iterable<Connection> | undefined;
}
/**
 * Sends one message to many connections, framed once and shared between them.
 * @returns how many took it: those that are open, not left out, and not over their backlog limit.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for arguments that cannot be sent; nobody gets anything then.
 */
export declare function broadcast(connections: Iterable<Connection>, type: SendType, message: MessageData, options?: BroadcastOptions): number;
