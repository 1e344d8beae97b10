import { expect } from 'chai';
import { onStopSignal } from '../../lib/cli/stop-signals.js';

describe('onStopSignal', () => {
  it('hears every signal that asks the process to stop, until it is released', () => {
    const heard: string[] = [];
    const release = onStopSignal((signal) => heard.push(signal));
    try {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.emit(signal, signal);
    } finally {
      release();
    }
    expect(heard).to.deep.equal(['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) expect(process.listenerCount(signal)).to.equal(0);
  });
});
