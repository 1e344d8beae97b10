import { Companion } from '../companion.js';
import { HostileServer, serverFrame } from '../attack/hostile-server.js';
import type { Library } from '../library.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Finding, Row, Scale } from '../row.js';
import { Victim } from '../victim.js';
import type { Facts } from '../victims/orders.js';

/** Octets of heap that may be more in the end. */
const BOUND = 2 * MEBIBYTE;
/** Connections after which a process is as warm as it gets. */
const WARM_UP = 1_000;

/** Tells what is left when all have gone; timers that run out by themselves are waited for. */
async function compare(victim: Victim, before: Facts, count: number): Promise<Finding> {
  const kinds = new Set(Object.keys(before.resources));
  const extra = (facts: Facts): string[] =>
    Object.entries(facts.resources)
      .filter(([kind, number]) => !kinds.has(kind) || number > before.resources[kind]!)
      .map(([kind, number]) => `${number} ${kind}`);
  const isBack = (facts: Facts): boolean =>
    facts.connections === 0 && extra(facts).length === 0 && facts.heapUsed - before.heapUsed <= BOUND;
  const after = await victim.factsOnce(isBack, 10_000);
  const wrong = [...extra(after), ...(after.connections === 0 ? [] : [`${after.connections} connections`])];
  const sign = after.heapUsed >= before.heapUsed ? '+' : '−';
  const growth = inMebibytes(Math.abs(after.heapUsed - before.heapUsed));
  return {
    held: isBack(after) && after.closed >= count,
    figure: [`heap ${sign}${growth}`, ...wrong].join(', '),
  };
}

async function churnServer(library: Library, scale: Scale): Promise<Finding> {
  const victim = await Victim.listen(library, { behaviour: 'echo' }, ['--expose-gc']);
  const churner = new Companion('attack/churner', { port: victim.port });
  const count = scale === 'full' ? 100_000 : 2_000;
  await churner.ask('churn', WARM_UP);
  const before = await victim.factsOnce(({ connections }) => connections === 0);
  await churner.ask('churn', count);
  const finding = await compare(victim, before, WARM_UP + count);
  await churner.end();
  await victim.end();
  return finding;
}

async function churnClient(library: Library, scale: Scale): Promise<Finding> {
  const victim = await Victim.start(library, { behaviour: 'echo' }, ['--expose-gc']);
  const server = await HostileServer.listen();
  const churn = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const next = server.next();
      await victim.dial(server.url());
      const { socket, accept } = await next;
      accept({}, Buffer.concat([serverFrame(0x81, 'hello'), serverFrame(0x88, Buffer.from([0x03, 0xe8]))]));
      socket.resume();
      // Every other time it is hung up on.
      if (i % 2 === 0) socket.end();
      else socket.once('data', () => socket.resetAndDestroy());
    }
  };
  const count = scale === 'full' ? 20_000 : 1_000;
  await churn(WARM_UP);
  const before = await victim.factsOnce(({ connections }) => connections === 0);
  await churn(count);
  const finding = await compare(victim, before, WARM_UP + count);
  await server.end();
  await victim.end();
  return finding;
}

const MUST = 'heap (+2 MiB at most), handles and timers are back where they were';
const removal = {
  file: 'connection/connection.ts',
  code: '    removeLive(this);\n',
  instead: '',
};

export const churns: readonly Row[] = [
  {
    id: 'R9',
    peer: '100,000 connections are opened and closed, in every other way',
    must: MUST,
    removal,
    run: churnServer,
  },
  {
    id: 'R9b',
    peer: 'a client opens 20,000, which its server closes or resets',
    must: MUST,
    removal,
    run: churnClient,
  },
];
