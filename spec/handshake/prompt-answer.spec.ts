import { expect } from 'chai';
import { InvalidOptionError } from '../../lib/errors.js';
import { promptAnswer } from '../../lib/handshake/prompt-answer.js';

describe('promptAnswer', () => {
  for (const answer of [undefined, null, false, true, '', 'chat', 0, {}, { then: 'no function' }]) {
    it(`gives ${JSON.stringify(answer) ?? 'undefined'} back`, () => {
      expect(promptAnswer(answer, 'choose')).to.equal(answer);
    });
  }

  const thenable = { then: (_: unknown, reject: (error: Error) => void) => reject(new Error('no')) };
  for (const [what, make] of [
    ['promise', () => Promise.resolve(true)],
    ['promise that rejects', () => Promise.reject(new Error('no'))],
    ['thing with a then that rejects', () => thenable],
  ] as const) {
    it(`refuses a ${what}, and handles its rejection`, async () => {
      const unhandled: unknown[] = [];
      const processOnUnhandled = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', processOnUnhandled);
      try {
        expect(() => promptAnswer(make(), 'choose')).to.throw(
          InvalidOptionError,
          /^choose: expected a function that answers at once, got an object; use authorize to wait/,
        );
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off('unhandledRejection', processOnUnhandled);
      }
      expect(unhandled).to.deep.equal([]);
    });
  }
});
