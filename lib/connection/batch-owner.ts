/** Is told by an output batch, in a later turn, what the socket has taken. */
export interface BatchOwner {
  /** Whether it has to be told also of what the socket takes at once. */
  readonly awaitsProgress: boolean;
  batchOnProgress(): void;
  /** Learns that octets which others get too may wait for long; `end` counts the octets up to and with them. */
  batchOnShared(octets: Buffer, end: number): void;
  /** Learns that nothing may be under way any more. */
  batchOnRest(): void;
}
