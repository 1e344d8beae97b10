import { Companion } from './companion.js';

/** Tells how it went for the well-behaved. */
export interface Trips {
  readonly count: number;
  /** Milliseconds of a round trip. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Connections that ended. */
  readonly lost: number;
}

/** Are well-behaved clients in a process of their own, which measure their round trips. */
export class Bystanders extends Companion {
  private constructor(url: string, count: number, everyMs: number) {
    super('victims/bystander', { url, count, everyMs });
  }

  /** Starts so many clients; each sends a message some milliseconds after the last came back. */
  static async open(url: string, count = 5, everyMs = 5): Promise<Bystanders> {
    const bystanders = new Bystanders(url, count, everyMs);
    await bystanders.ask('open');
    return bystanders;
  }

  /** Tells of the round trips since the last call. */
  trips(): Promise<Trips> {
    return this.ask<Trips>('trips');
  }
}
