import type { Socket } from 'node:net';
import { RawServer } from '../../client/raw-server.js';
import { flood } from '../attack/attacker.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row } from '../row.js';
import { Victim } from '../victim.js';

const PIECE = `x: ${'y'.repeat(94)}\r\n`.repeat(100);
/** Milliseconds in which the client has to give up. */
const PATIENCE = 3_000;

/** Lets a client ask, and answers without end. */
async function answerWithoutEnd(
  library: Library,
  begin: string,
  piece: string,
  judge: (events: Readonly<Record<string, number>>) => boolean,
): Promise<Finding> {
  let socket: Socket | undefined;
  const server = await RawServer.listen((asked) => {
    socket = asked.socket;
    socket.write(begin);
    void flood(socket, Buffer.from(piece, 'latin1'), 2 * PATIENCE);
  });
  const victim = await Victim.start(library, { behaviour: 'echo' });
  const before = victim.memory().resident;
  await victim.dial(server.url());
  const { closed, events } = await victim.factsOnce((facts) => facts.closed > 0, PATIENCE);
  const growth = victim.memory().peak - before;
  await victim.end();
  await server.close();
  const told = Object.keys(events).filter((name) => /^(?:error|answer)/.test(name));
  return {
    held: closed === 1 && events['connect'] === undefined && judge(events) && growth <= 8 * MEBIBYTE,
    figure: `${told.join(', ') || 'no end'}, +${inMebibytes(growth)}`,
  };
}

export const endlessResponses: readonly Row[] = [
  {
    id: 'H4',
    peer: 'answers our client with header fields without end',
    must: 'abort at 16 KiB; +8 MiB at most',
    removal: {
      file: 'client/opening-request.ts',
      code: 'maxHeaderSize: this.#maxHeaderSize,',
      instead: 'maxHeaderSize: 2 ** 40,',
    },
    run: (library) => answerWithoutEnd(library, 'HTTP/1.1 101 OK\r\n', PIECE, () => true),
  },
  {
    id: 'H4b',
    peer: 'refuses our client with a body without end',
    must: 'abort at 1 MiB; the error has the status and the body so far; +8 MiB at most',
    run: (library) =>
      answerWithoutEnd(
        library,
        'HTTP/1.1 503 Busy\r\n\r\n',
        'no '.repeat(3_000),
        (events) => events[`answer 503, ${MEBIBYTE} octets`] === 1,
      ),
  },
  {
    id: 'H4c',
    peer: 'answers our client with 100 Continue without end',
    must: 'abort; +8 MiB at most',
    run: (library) => answerWithoutEnd(library, '', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), () => true),
  },
];
