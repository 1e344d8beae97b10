import { pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter, type Role } from '../encounter.js';
import type { Library } from '../library.js';
import type { Finding, Row, Scale } from '../row.js';

const CLOSE = Buffer.from([0x03, 0xe8]);

/** Lets both sides talk to the end, and one of them, or both at once, say goodbye meanwhile. */
async function closeWhileSending(library: Library, role: Role, scale: Scale): Promise<Finding> {
  const encounter = await Encounter.begin(library, role, { behaviour: 'chatter' });
  const { victim } = encounter;
  const rounds = scale === 'full' ? 50 : 4;
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const sockets = await encounter.meetMany(6);
    const text = encounter.frame(0x81, 'me too');
    const both = sockets.map((socket, index) => {
      const hearing = new Hearing(socket);
      const talking = setInterval(() => socket.writable && socket.write(text), 1);
      let hasClosed = false;
      const close = (): void => {
        if (!hasClosed && socket.writable) socket.write(encounter.frame(0x88, CLOSE));
        hasClosed = true;
      };
      // A third of the peers begin; the others leave it to the victim.
      const closing = index % 3 === 0 ? setTimeout(close, round % 5) : undefined;
      return { socket, hearing, talking, close, closing };
    });
    await pause(round % 7);
    await victim.ask('close', { code: 1000 });
    for (const { socket, hearing, talking, close, closing } of both) {
      await hearing.until(() => hearing.closeCode !== undefined, 5_000);
      clearInterval(talking);
      clearTimeout(closing);
      close();
      socket.end();
      if (!(await hearing.over(5_000))) wrong.push('no end');
      if ((hearing.frames.at(-1)?.first ?? 0) !== 0x88) wrong.push('no Close at the end');
    }
  }
  const all = 6 * rounds;
  const { closed, events } = await victim.factsOnce((facts) => facts.closed === all, 15_000);
  const notes = Object.keys(events).filter((event) => /again|^error/.test(event));
  if (closed !== all) wrong.push(`${closed} of ${all} closed`);
  const told = events['send -1'] ?? 0;
  if (library.name === 'hawser' && told !== all) wrong.push(`send told ${told} of ${all}`);
  const refused = events['write ERR_WS_CONNECTION_CLOSED'] ?? 0;
  if (library.name === 'hawser' && refused === 0) wrong.push('no write was refused');
  await encounter.end();
  const failures = [...new Set([...wrong, ...notes])];
  return { held: failures.length === 0, figure: failures.join('; ') || `${all} times one close` };
}

const MUST = 'one `close` event, the Close last on the wire; `send` returns -1, what is written is refused';
const removal = {
  file: 'connection/connection.ts',
  code: `const session = this.session;
    if (session === undefined || this.isClosingOrClosed) return this.cannotSend();
    return this.sendData(opcode, data, final);`,
  instead: 'return this.sendData(opcode, data, final);',
};

export const crossedCloses: readonly Row[] = [
  {
    id: 'C2',
    peer: 'closes while we send, sends while we close, closes when we do',
    must: MUST,
    removal,
    run: (library, scale) => closeWhileSending(library, 'server', scale),
  },
  {
    id: 'C2b',
    peer: 'the same to a client',
    must: MUST,
    removal,
    run: (library, scale) => closeWhileSending(library, 'client', scale),
  },
];
