import { pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import { MEBIBYTE } from '../process-memory.js';
import type { Finding, Row, Scale } from '../row.js';

/** Octets that wait when the closing begins: more than the kernel takes for a peer that reads none of them. */
const BACKLOG = 15 * MEBIBYTE;

/** Are the deadlines of a scale, in milliseconds; the report takes the defaults. */
const DEADLINES = {
  quick: { options: { closeTimeoutMs: 1_000, closeTotalTimeoutMs: 3_000 }, idle: 1_000, total: 3_000 },
  full: { options: {}, idle: 5_000, total: 30_000 },
} as const;

/** Says how fast a peer reads that never answers: in milliseconds for each 64 KiB; Infinity for not at all. */
type Pace = (scale: Scale) => number;

/** Is what became of a closing. */
interface Closing {
  readonly seconds: number;
  /** Whether the peer got all, with the Close behind it. */
  readonly isWhole: boolean;
}

/** Lets a victim close behind a backlog, against a peer that reads at some pace. */
async function closeAgainst(library: Library, role: Role, scale: Scale, pace: Pace): Promise<Closing> {
  const { options, total } = DEADLINES[scale];
  const encounter = await Encounter.begin(library, role, { behaviour: 'count', options });
  const { victim } = encounter;
  const socket = await encounter.meet();
  const hearing = new Hearing(socket);
  socket.pause();
  await victim.factsOnce(({ connections }) => connections === 1);
  await victim.ask('say', BACKLOG);
  const begun = performance.now();
  await victim.ask('close', { code: 1000 });
  const everyMs = pace(scale);
  const reading = everyMs === Infinity ? undefined : setInterval(() => socket.read() as unknown, everyMs);
  await victim.factsOnce(({ connections }) => connections === 0, total + 10_000);
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(reading);
  // What the kernel holds for it still comes.
  socket.resume();
  await hearing.over(5_000);
  await pause(20);
  await encounter.end();
  return { seconds, isWhole: hearing.closeCode === 1000 };
}

async function closeUnanswered(library: Library, role: Role, scale: Scale): Promise<Finding> {
  const { idle } = DEADLINES[scale];
  const { seconds } = await closeAgainst(library, role, scale, () => Infinity);
  return { held: seconds * 1_000 < idle * 1.2 + 1_000, figure: `gone after ${seconds.toFixed(1)} s` };
}

export const silentCloses: readonly Row[] = [
  {
    id: 'C1',
    peer: 'never answers our Close, with its receive window full',
    must: 'gone after 5 s without progress',
    run: (library, scale) => closeUnanswered(library, 'server', scale),
  },
  {
    id: 'C1b',
    peer: 'the same to a client',
    must: 'gone after 5 s without progress',
    run: (library, scale) => closeUnanswered(library, 'client', scale),
  },
  {
    id: 'C1c',
    peer: 'reads what is left at 1 MiB/s when we close',
    must: 'is not cut off after 5 s: gets all, and the Close',
    removal: {
      file: 'connection/session.ts',
      code: '() => this.bytesReceived + this.takenBytes + this.delivered,',
      instead: '() => 0,',
    },
    async run(library, scale) {
      const pace = (): number => (scale === 'full' ? 60 : 8);
      const { seconds, isWhole } = await closeAgainst(library, 'server', scale, pace);
      return { held: isWhole, figure: `${isWhole ? 'all' : 'cut off'} after ${seconds.toFixed(1)} s` };
    },
  },
  {
    id: 'C1d',
    peer: 'reads a little now and then, for ever, when we close',
    must: 'gone after 30 s',
    removal: {
      file: 'connection/closing-deadline.ts',
      code: ' || now - this.#begun >= this.#totalMs',
      instead: '',
    },
    async run(library, scale) {
      const { total } = DEADLINES[scale];
      const pace = (): number => (scale === 'full' ? 160 : 30);
      const { seconds } = await closeAgainst(library, 'server', scale, pace);
      return { held: seconds * 1_000 < total + 1_000, figure: `gone after ${seconds.toFixed(1)} s` };
    },
  },
];
