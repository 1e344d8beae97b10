import { expect } from 'chai';
import { constants } from 'node:os';
import { ExitStatus, statusOfSignal } from '../../lib/cli/exit-status.js';

describe('statusOfSignal', () => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    it(`gives what a shell reports after ${signal}`, () => {
      expect(statusOfSignal(signal)).to.equal(128 + constants.signals[signal]);
    });
  }
});

describe('ExitStatus', () => {
  it('has a number of its own for every way to end', () => {
    expect(new Set(Object.values(ExitStatus)).size).to.equal(Object.keys(ExitStatus).length);
  });
});
