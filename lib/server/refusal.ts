import { rejectResponse, type Refusal as RefusalDetails } from '../handshake/handshake-response.js';

/** Says how a request is refused; made by {@link refuse}. */
export class Refusal {
  readonly status: number;
  /** The whole response. @internal */
  readonly response: Buffer;
  /** Says why, for logs and the event `rejected`. */
  readonly reason: string;

  /** @internal */
  constructor(details: RefusalDetails, reason: string) {
    this.status = details.status;
    this.response = rejectResponse(details);
    this.reason = reason;
  }
}

/**
 * Makes a refusal, for `authorize` to return or throw.
 * @param status - 300–599, but 304.
 * @param details - further header fields, the body and the status message.
 * @throws InvalidOptionError (`ERR_WS_INVALID_OPTION`) when the response could not be sent like that.
 */
export function refuse(status: number, details: Omit<RefusalDetails, 'status'> = {}): Refusal {
  return new Refusal({ ...details, status }, 'refused by authorize');
}
