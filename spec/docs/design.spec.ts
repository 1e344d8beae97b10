import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  ClosingState,
  afterCloseReceived,
  afterCloseSent,
  mayReceive,
  maySend,
} from '../../lib/protocol/closing-state.js';
import { codeBlocks, prose, readPage, root, tableRows } from './documentation.js';

type StateName = keyof typeof ClosingState;

describe('docs/design.md', () => {
  const page = readPage('docs/design.md');

  it('names files that exist', () => {
    const files = [...prose(page).matchAll(/`((?:lib|spec)\/[\w/.-]+|[a-z]+\/[\w-]+\.ts)`/g)].map(
      (match) => match[1]!,
    );
    expect(files).to.have.length.above(30);
    const missing = files.filter(
      (file) => !existsSync(join(root, file)) && !existsSync(join(root, 'lib', file)),
    );
    expect(missing).to.deep.equal([]);
  });

  describe('draws the closing machine', () => {
    const diagram = codeBlocks(page).find(({ text }) => text.startsWith('stateDiagram'))!.text;
    const edges = [...diagram.matchAll(/^ *(\w+) --> (\w+): (.+)$/gm)].map(
      ([, from, to, label]) => ({ from, to, label }) as { from: StateName; to: StateName; label: string },
    );
    const names = Object.keys(ClosingState) as StateName[];

    /** Gives the edges with a label that a function of the machine makes. */
    function edgesOf(label: string, after: (state: ClosingState) => ClosingState): object[] {
      return names
        .filter((from) => after(ClosingState[from]) !== ClosingState[from])
        .map((from) => ({
          from,
          to: names.find((name) => ClosingState[name] === after(ClosingState[from])),
          label,
        }));
    }

    it('with all its states', () => {
      expect([...new Set(edges.flatMap(({ from, to }) => [from, to]))]).to.have.members(names);
    });

    it('as the Close frames drive it', () => {
      const byClose = edges.filter(({ label }) => label.endsWith('Close'));
      expect(byClose).to.have.deep.members([
        ...edgesOf('our Close', afterCloseSent),
        ...edgesOf("the peer's Close", afterCloseReceived),
      ]);
    });

    it('with the predicates of each state', () => {
      const rows = tableRows(page).filter(([name]) => names.includes(name as StateName));
      expect(rows.map(([name]) => name)).to.deep.equal(names);
      for (const [name, send, receive] of rows) {
        const state = ClosingState[name as StateName];
        expect(send!.startsWith('yes'), name).to.equal(maySend(state));
        expect(receive!.startsWith('yes'), name).to.equal(mayReceive(state));
      }
    });
  });
});
