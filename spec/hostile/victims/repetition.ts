/** Says what is broadcast, and how often. */
export interface BroadcastOrders {
  readonly octets: number;
  /** Messages each time. */
  readonly atOnce: number;
  readonly everyMs: number;
  readonly milliseconds: number;
}

/** Is what a series of broadcasts took. */
export interface Repetition {
  readonly messages: number;
  /** Milliseconds of CPU time for each message. */
  readonly cpuEach: number;
}

/** Is that, and what became of the messages. */
export interface Broadcast extends Repetition {
  /** Messages that connections took, all of them together. */
  readonly taken: number;
  /** Messages that were dropped and counted. */
  readonly dropped: number;
}

/** Does the same with a message again and again, for as long as it was ordered. */
export async function repeat(
  { octets, atOnce, everyMs, milliseconds }: BroadcastOrders,
  act: (message: Buffer) => void,
): Promise<Repetition> {
  const end = performance.now() + milliseconds;
  const before = process.cpuUsage();
  let messages = 0;
  while (performance.now() < end) {
    for (let i = 0; i < atOnce; i++) act(Buffer.alloc(octets, messages++));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const { user, system } = process.cpuUsage(before);
  return { messages, cpuEach: (user + system) / 1000 / messages };
}
