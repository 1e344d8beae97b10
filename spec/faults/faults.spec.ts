import { expect } from 'chai';
import { campaign, describeVerdict, tracing } from './campaign.js';
import { attempt } from './trial.js';
import { isHarmless, makeSchedule, PAIRINGS, type Fault, type Schedule } from './schedule.js';

/** Schedules of a run; `npm run faults -- --schedules 10000` plays more of them. */
const SCHEDULES = 360;
const AT_ONCE = 20;

describe('faults of the network', function () {
  this.timeout(180_000);

  it(`end each of ${String(SCHEDULES)} schedules as they may`, async () => {
    const wrong: string[] = [];
    for await (const verdict of campaign(1, SCHEDULES, AT_ONCE)) {
      if (verdict.complaints.length > 0) wrong.push(describeVerdict(verdict));
    }
    expect(wrong, wrong.join('\n\n')).to.deep.equal([]);
  });

  it('are of every kind in every pairing, and often there is none that is fatal', () => {
    const schedules = Array.from({ length: SCHEDULES }, (_, index) => makeSchedule(index + 1));
    for (const pairing of PAIRINGS) {
      const those = schedules.filter((schedule) => schedule.pairing === pairing);
      const kinds = new Set(
        those.flatMap(({ faults }) => [...faults.client, ...faults.server]).map(({ kind }) => kind),
      );
      expect([...kinds].sort(), pairing).to.deep.equal([
        'coalesce',
        'corrupt',
        'delay',
        'drip',
        'half-close',
        'reset',
        'silence',
        'split',
        'stall',
      ]);
      expect(those.filter(isHarmless).length / those.length).to.be.within(0.2, 0.8);
    }
  });

  it('are the same for a seed each time', () => {
    expect(makeSchedule(7)).to.deep.equal(makeSchedule(7));
    expect(makeSchedule(7)).to.not.deep.equal(makeSchedule(8));
  });

  describe('are noticed when the ends do not cope: the judge', () => {
    const messages = Array.from({ length: 5 }, () => ({
      type: 'binary' as const,
      octets: 100,
      fragments: 1,
      pauseMs: 0,
    }));
    /** Says a little both ways, and knows of no fault. */
    const honest: Schedule = {
      seed: 1,
      pairing: 'hawser-hawser',
      compression: 'none',
      readers: { client: 'listener', server: 'listener' },
      messages: { client: messages, server: messages },
      faults: { client: [], server: [] },
      closer: 'client',
      close: 'when confirmed',
    };
    const complaintsAt = async (...faults: Fault[]): Promise<string> => {
      const { complaints } = await attempt(honest, { client: faults, server: [] });
      return complaints.join('; ');
    };

    it('sees nothing wrong where there is nothing', async () => {
      expect(await complaintsAt({ kind: 'split', at: 300 })).to.equal('');
    });

    it('sees a payload that was changed', async () => {
      expect(await complaintsAt({ kind: 'corrupt', at: 700, xor: 1 })).to.match(
        /^server: message \d is not what was sent/,
      );
    });

    it('sees what was not delivered, and an end that was not clean', async () => {
      expect(await complaintsAt({ kind: 'reset', at: 700 })).to.match(
        /client: \d of 5 delivered.*client: wasClean false/,
      );
    });

    it('sees what is left behind', async () => {
      let timer: NodeJS.Timeout | undefined;
      const [, left] = await tracing(async () => {
        timer = setTimeout(() => undefined, 60_000);
        await attempt(honest);
      }, 50);
      clearTimeout(timer);
      expect(left).to.deep.equal(['1 × Timeout left behind']);
    });
  });
});
