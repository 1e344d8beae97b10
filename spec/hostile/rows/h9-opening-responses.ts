import { RESPONSES, type ResponseCase } from '../../conformance/oracle/opening-responses.js';
import { RawServer, type Asked } from '../../client/raw-server.js';
import { Hearing } from '../attack/hearing.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';
import { tally } from '../verdicts.js';

const CASES: readonly ResponseCase[] = RESPONSES.flatMap(({ of, cases }) =>
  cases.map((one) => ({ ...one, name: `${of.split(' (')[0]!}: ${one.name}` })),
);

/** Answers as the case has it; tells whether the client takes it for an opening handshake: then it answers a ping. */
async function opens({ lines }: ResponseCase, { socket, accept }: Asked): Promise<boolean> {
  const hearing = new Hearing(socket);
  const response = lines(accept).map((line) => `${line}\r\n`);
  socket.write(Buffer.from(`${response.join('')}\r\n`, 'latin1'));
  socket.write(Buffer.from('890161', 'hex'));
  const isOpen = await hearing.until(() => hearing.count(0xa) > 0, 1_500);
  socket.destroy();
  return isOpen;
}

export const openingResponses: Row = {
  id: 'H9',
  peer: 'answers our client with wrong, empty or doubled fields, or what was not offered',
  must: 'an error and no `connect`',
  async run(library) {
    const verdicts: Promise<string>[] = [];
    const server = await RawServer.listen((asked) => {
      const one = CASES[Number(asked.path.slice(1))]!;
      const due = 'protocol' in one.outcome;
      verdicts.push(
        opens(one, asked).then((is) =>
          is === due ? '' : `${one.name.slice(0, 80)}: ${is ? 'opens' : 'fails'}`,
        ),
      );
    });
    const victim = await Victim.start(library, { behaviour: 'echo' });
    for (const [index, { offer }] of CASES.entries())
      await victim.dial(server.url(`/${index}`), offer.length > 0 ? { protocol: offer } : {});
    const { events } = await victim.factsOnce(({ closed }) => closed >= CASES.length);
    const wrong = (await Promise.all(verdicts)).filter((verdict) => verdict !== '');
    const expected = CASES.filter(({ outcome }) => 'protocol' in outcome).length;
    const connected = events['connect'] ?? 0;
    if (wrong.length === 0 && connected !== expected)
      wrong.push(`${connected} connected in place of ${expected}`);
    await victim.end();
    await server.close();
    return {
      held: wrong.length === 0 && verdicts.length === CASES.length,
      figure: tally(CASES.length, wrong),
    };
  },
};
