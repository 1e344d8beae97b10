import { pause } from './attack/attacker.js';
import { Hearing } from './attack/hearing.js';
import type { Encounter } from './encounter.js';

/** Is something that a peer must not do, and the code of the Close that it gets. */
export interface Offence {
  readonly name: string;
  /** Octets; each piece in a packet of its own. */
  readonly pieces: readonly Buffer[];
  readonly code: number;
}

/** Milliseconds between two packets, so that the kernel does not join them. */
const BETWEEN_PACKETS = 3;
/** Milliseconds that a verdict may take: nothing more is sent, so it comes from what was. */
const PATIENCE = 3_000;

/**
 * Commits each offence on a connection of its own, all at the same time, and tells which got something else; nothing
 * follows the offence, so that a victim which waits for more is found out.
 */
export async function commitEach(encounter: Encounter, offences: readonly Offence[]): Promise<string[]> {
  const sockets = await encounter.meetMany(offences.length);
  const verdicts = await Promise.all(
    offences.map(async ({ name, pieces, code }, index) => {
      const socket = sockets[index]!.setNoDelay();
      const hearing = new Hearing(socket);
      for (const piece of pieces) {
        socket.write(piece);
        if (pieces.length > 1) await pause(BETWEEN_PACKETS);
      }
      await hearing.until(() => hearing.closeCode !== undefined, PATIENCE);
      socket.destroy();
      return hearing.closeCode === code ? '' : `${name}: ${hearing.closeCode ?? 'no Close'}`;
    }),
  );
  return verdicts.filter((verdict) => verdict !== '');
}

/** Makes the figure of a table: how many went as they must, and the first that did not. */
export function tally(count: number, wrong: readonly string[]): string {
  return wrong.length === 0
    ? `${count} of ${count}`
    : `${count - wrong.length} of ${count}; ${wrong[0]!.replaceAll('|', '\\|')}`;
}
