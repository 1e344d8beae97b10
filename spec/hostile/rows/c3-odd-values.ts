import { pause } from '../attack/attacker.js';
import { Hearing } from '../attack/hearing.js';
import { Encounter } from '../encounter.js';
import type { Row } from '../row.js';
import { ODD_VALUES, SEEN, type OddCall } from '../victims/odd-values.js';

/** Values of which the caller has octets to show. */
const OCTETS = /^(?:Buffer|[A-Z]\w+Array|DataView|\w*ArrayBuffer)$/;
const CLOSE = Buffer.from([0x03, 0xe8]);

/** Tells what is wrong with what a call has put on the wire; empty if nothing is. */
function verdict({ call, name }: OddCall, told: string, { frames }: Hearing): string {
  const what = `${call} ${name}`;
  const data = frames.find(({ first }) => (first & 0x0f) !== 8 && (first & 0x0f) !== 10)?.payload;
  const reason = frames.find(({ first }) => (first & 0x0f) === 8)?.payload.subarray(2);
  const said = call === 'close' ? reason : data;
  if (told !== '') {
    if (said !== undefined) return `${what}: thrown, and sent`;
    return /^(?:ERR_|TypeError|RangeError)/.test(told) ? '' : `${what}: ${told}`;
  }
  // As text is what ws documents for numbers, and what JavaScript does with a reason.
  if (name.startsWith('detached')) return `${what}: sent`;
  const isText = said?.equals(Buffer.from(String(ODD_VALUES[name]!()))) === true;
  if (OCTETS.test(name) ? said?.equals(SEEN) === true : isText) return '';
  return `${what}: ${said === undefined ? 'neither thrown nor sent' : `sent ${said.length} octets: ${said.toString('hex').slice(0, 16)}`}`;
}

export const oddValues: Row = {
  id: 'C3',
  peer: '(the caller) passes odd values as data or as a reason: every view, detached, shared, a number, an object',
  must: 'their octets exactly, or an error is thrown; no uninitialised memory on the wire',
  removal: {
    file: 'connection/outgoing-message.ts',
    code: "throw new InvalidOptionError(name, message, 'memory that is not detached');",
    instead: "return '';",
  },
  async run(library) {
    const encounter = await Encounter.begin(library, 'server', { behaviour: 'count' });
    const { victim } = encounter;
    const wrong: string[] = [];
    let tried = 0;
    for (const call of ['send', 'write', 'ping', 'close'] as const) {
      for (const name of Object.keys(ODD_VALUES)) {
        const socket = await encounter.meet();
        const hearing = new Hearing(socket);
        await victim.factsOnce(({ connections }) => connections === 1);
        const told = await victim.ask<string>('odd', { call, name });
        // Whatever it sends comes before this.
        socket.write(encounter.frame(0x89, 'done?'));
        await hearing.until(() => hearing.count(10) > 0 || hearing.closeCode !== undefined, 2_000);
        wrong.push(verdict({ call, name }, told, hearing));
        tried += 1;
        socket.write(encounter.frame(0x88, CLOSE));
        await hearing.over(2_000);
        socket.destroy();
        await victim.factsOnce(({ connections }) => connections === 0);
      }
    }
    await pause(0);
    await encounter.end();
    const failures = wrong.filter((what) => what !== '');
    return { held: failures.length === 0, figure: failures.join('; ') || `${tried} calls` };
  },
};
