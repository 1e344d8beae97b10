/** Says what is broadcast, and how often. */
export interface BroadcastOrders {
  readonly octets: number;
  /** Messages in all. */
  readonly messages: number;
  /** Messages each time. */
  readonly atOnce: number;
  readonly everyMs: number;
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

/** Does the same with a message again and again, as often as it was ordered. */
export async function repeat(
  { octets, messages, atOnce, everyMs }: BroadcastOrders,
  act: (message: Buffer) => void,
): Promise<Repetition> {
  const before = process.cpuUsage();
  for (let done = 0; done < messages; done += 1) {
    act(Buffer.alloc(octets, done));
    if (done % atOnce !== atOnce - 1) continue;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const { user, system } = process.cpuUsage(before);
  return { messages, cpuEach: (user + system) / 1000 / messages };
}
