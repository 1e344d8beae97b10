import { type Refusal as RefusalDetails } from '../handshake/handshake-response.js';
/** Says how a request is refused; made by {@link refuse}. */
export declare class Refusal {
    readonly status: number;
    /** Says why, for logs and the event `rejected`. */
    readonly reason: string;
}
/**
 * Makes a refusal, for `authorize` to return or throw.
 * @param status - 300–599, but 304.
 * @param details - further header fields, the body and the status message.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the response could not be sent like that.
 */
export declare function refuse(status: number, details?: Omit<RefusalDetails, 'status'>): Refusal;
