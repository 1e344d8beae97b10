import { expect } from 'chai';
import fc from 'fast-check';
import { Roster } from '../lib/roster.js';

interface Member {
  readonly name: number;
}

describe('Roster', () => {
  const members: readonly Member[] = Array.from({ length: 8 }, (_, name) => ({ name }));
  const names = (roster: Iterable<Member>): number[] => [...roster].map(({ name }) => name);

  it('holds what a Set would hold', () => {
    const step = fc.record({ adds: fc.boolean(), name: fc.nat({ max: members.length - 1 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const roster = new Roster<Member>();
        const set = new Set<Member>();
        for (const { adds, name } of steps) {
          const member = members[name]!;
          if (adds) {
            roster.add(member);
            set.add(member);
          } else {
            expect(roster.delete(member)).to.equal(set.delete(member));
          }
          expect(roster.size).to.equal(set.size);
          for (const one of members) expect(roster.has(one)).to.equal(set.has(one));
          expect(names(roster).sort()).to.deep.equal(names(set).sort());
        }
      }),
    );
  });

  it('keeps those in order that were added one after the other', () => {
    const roster = new Roster<Member>();
    for (const member of members) roster.add(member);
    expect(names(roster)).to.deep.equal(names(members));
  });

  it('has members in common with others', () => {
    const [one, other] = [new Roster<Member>(), new Roster<Member>()];
    const [first, second] = members as [Member, Member];
    one.add(first);
    one.add(second);
    other.add(second);
    other.delete(second);
    expect(names(one)).to.deep.equal([0, 1]);
    expect(other.size).to.equal(0);
  });

  it('leaves nothing on its members that is seen', () => {
    const roster = new Roster<Member>();
    const member = { name: 1 };
    roster.add(member);
    expect(Object.keys(member)).to.deep.equal(['name']);
  });

  describe('while it is iterated over', () => {
    it('leaves out who is deleted, and comes to all others', () => {
      const roster = new Roster<Member>();
      for (const member of members) roster.add(member);
      const seen: number[] = [];
      for (const { name } of roster) {
        seen.push(name);
        roster.delete(members[name]!);
        if (name % 2 === 0) roster.delete(members[name + 1]!);
      }
      expect(seen).to.deep.equal([0, 2, 4, 6]);
      expect(roster.size).to.equal(0);
    });

    it('comes to nobody twice when members go and come back', () => {
      const roster = new Roster<Member>();
      for (const member of members) roster.add(member);
      const seen: number[] = [];
      for (const member of roster) {
        seen.push(member.name);
        roster.delete(member);
        roster.add(member);
      }
      expect(seen).to.deep.equal(names(members));
    });

    it('may be emptied and filled anew', () => {
      const roster = new Roster<Member>();
      for (const member of members) roster.add(member);
      const iterator = roster[Symbol.iterator]();
      expect(iterator.next().value).to.equal(members[0]);
      for (const member of members) roster.delete(member);
      expect(iterator.next()).to.deep.equal({ done: true, value: undefined });
      roster.add(members[3]!);
      expect(names(roster)).to.deep.equal([3]);
      expect(names(roster[Symbol.iterator]())).to.deep.equal([3]);
    });
  });
});
