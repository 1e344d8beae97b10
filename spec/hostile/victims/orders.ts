import type { Surroundings } from '../companion.js';
import type { Identity } from '../../certificates.js';

/** Names what a victim's connections do, server's or client's. */
export type Behaviour =
  /** Sends each message back. */
  | 'echo'
  /** Counts messages, and nothing else. */
  | 'count'
  /** Throws from the listener of messages when it hears `throw`; sends the others back. */
  | 'throw'
  /** Rejects from an asynchronous handler when it hears `throw`; sends the others back. */
  | 'reject'
  /** Takes 10 ms for each message, asynchronously, and counts them. */
  | 'slow'
  /** Sends from the beginning to the end, and notes what it is told of that. */
  | 'chatter'
  /** Fails in the place that the path of the request names; see places.ts. */
  | 'fail';

/** Says what a victim is to be. */
export interface Orders extends Surroundings {
  readonly behaviour: Behaviour;
  /** Whether it listens to the `error` of its connections, as a careful user does; true by default. */
  readonly listensToErrors?: boolean;
  /** Options of the library's server, and of its clients. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether the application has an HTTP server of its own, which the library only joins. */
  readonly joins?: boolean;
  /** Whether requests for an upgrade are authorised, as their paths ask for; see application.ts. */
  readonly authorises?: boolean;
  /** Path that connections are accepted on; all if there is none. */
  readonly livePath?: string;
  /** Certificate and key for TLS. */
  readonly tls?: Identity;
  /** Limits of the process, where the library has such. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Is what a victim tells of itself. */
export interface Facts {
  /** Open now. */
  readonly connections: number;
  /** Since it began. */
  readonly opened: number;
  readonly closed: number;
  /** Enumerable names that every object has: none, unless a prototype was written to. */
  readonly inherited: readonly string[];
  /** Data messages that were delivered, and their octets. */
  readonly messages: number;
  readonly octets: number;
  /** How often what happened: `error ERR_WS_…`, `close 1009`, `timeout keepalive`, `closing 1008 local`. */
  readonly events: Readonly<Record<string, number>>;
  /** Octets of the heap in use; after a collection when the process has `--expose-gc`. */
  readonly heapUsed: number;
  /** Octets that are in use, on the heap and in buffers; after a collection likewise. */
  readonly held: number;
  /** Milliseconds of CPU time since it began. */
  readonly cpuMs: number;
  /** What keeps the process awake, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}
