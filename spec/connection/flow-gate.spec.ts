import { expect } from 'chai';
import sinon from 'sinon';
import { FlowGate } from '../../lib/connection/flow-gate.js';

const [A, B, C] = [1, 2, 4];

function setUp(reasons = 0) {
  const onOpen = sinon.fake();
  const onShut = sinon.fake();
  return { gate: new FlowGate(reasons, 'the owner', { opened: onOpen, shut: onShut }), onOpen, onShut };
}

describe('FlowGate', () => {
  it('is open as long as nothing holds it, and says nothing of how it began', () => {
    const open = setUp();
    const shut = setUp(A | B);
    expect([open.gate.isOpen, shut.gate.isOpen]).to.deep.equal([true, false]);
    for (const { onOpen, onShut } of [open, shut]) {
      expect([onOpen.callCount, onShut.callCount]).to.deep.equal([0, 0]);
    }
  });

  it('shuts with the first reason and opens with the last', () => {
    const { gate, onOpen, onShut } = setUp();
    gate.hold(A);
    gate.hold(B);
    expect([gate.isOpen, onShut.callCount]).to.deep.equal([false, 1]);
    gate.release(A);
    expect([gate.isOpen, onOpen.callCount]).to.deep.equal([false, 0]);
    gate.release(B);
    expect([gate.isOpen, onOpen.callCount, onShut.callCount]).to.deep.equal([true, 1, 1]);
  });

  it('forgets no reason for another', () => {
    const { gate } = setUp();
    gate.hold(A);
    gate.hold(B);
    gate.release(B);
    expect([gate.isOpen, gate.isHeldFor(A)]).to.deep.equal([false, true]);
  });

  it('counts each reason once', () => {
    const { gate, onOpen, onShut } = setUp();
    gate.hold(A);
    gate.hold(A);
    gate.release(A);
    expect([gate.isOpen, onShut.callCount, onOpen.callCount]).to.deep.equal([true, 1, 1]);
    gate.release(A);
    expect([gate.isOpen, onOpen.callCount]).to.deep.equal([true, 1]);
  });

  it('takes several reasons at once', () => {
    const { gate, onOpen } = setUp(A | B | C);
    gate.release(A | C);
    expect(gate.isOpen).to.equal(false);
    gate.release(A | B);
    expect([gate.isOpen, onOpen.callCount]).to.deep.equal([true, 1]);
    gate.hold(A | B);
    gate.release(B);
    expect(gate.isOpen).to.equal(false);
  });

  it('ignores what is no reason', () => {
    const { gate, onOpen, onShut } = setUp();
    gate.hold(0);
    gate.release(0);
    gate.release(A);
    expect([gate.isOpen, onOpen.callCount, onShut.callCount]).to.deep.equal([true, 0, 0]);
    gate.hold(A);
    gate.release(B);
    expect([gate.isOpen, onOpen.callCount]).to.deep.equal([false, 0]);
  });

  it('tells what holds it', () => {
    const { gate } = setUp(A | B);
    expect([A, B, C, A | C, 0].map((reasons) => gate.isHeldFor(reasons))).to.deep.equal([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect([A, A | B, A | B | C].map((reasons) => gate.isHeldOnlyFor(reasons))).to.deep.equal([
      false,
      true,
      true,
    ]);
    gate.release(A | B);
    expect([gate.isHeldFor(A), gate.isHeldOnlyFor(A), gate.isHeldOnlyFor(0)]).to.deep.equal([
      false,
      true,
      true,
    ]);
  });

  it('has changed before it tells, so that it may be held again meanwhile', () => {
    const calls: string[] = [];
    const gate: FlowGate<string> = new FlowGate(A, 'the owner', {
      opened: (owner) => {
        calls.push(`open ${String(gate.isOpen)} to ${owner}`);
        if (calls.length < 3) gate.hold(B);
      },
      shut: (owner) => {
        calls.push(`shut ${String(gate.isOpen)} to ${owner}`);
        gate.release(B);
      },
    });
    gate.release(A);
    expect(calls).to.deep.equal(
      ['open true', 'shut false', 'open true'].map((call) => `${call} to the owner`),
    );
    expect(gate.isOpen).to.equal(true);
  });
});
