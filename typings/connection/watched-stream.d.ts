import { type KeepaliveConfiguration } from './heartbeat.js';
import { MessageStream } from './message-stream.js';
import { type Role } from './role.js';
/** Is a stream of messages whose peer is watched for life. */
export declare abstract class WatchedStream extends MessageStream {
    #private;
    /** Role of this end. */
    abstract get role(): Role;
    /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
    get latency(): number | undefined;
    /**
     * Changes the keepalive, at once, or queries it when called with nothing (websocket(n): configure).
     * @param options - `keepalive` in seconds, zero or less for off; `ping`, the text of the pings.
     * @returns what is in force.
     * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) for an unknown option or a bad value; nothing changes.
     */
    configure(options?: Partial<KeepaliveConfiguration>): KeepaliveConfiguration;
    /** Sends a ping. */
    abstract ping(data?: string): number;
    private get keepaliveSettings();
}
