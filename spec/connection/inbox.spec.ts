import { expect } from 'chai';
import { Inbox, type Delivery } from '../../lib/connection/inbox.js';

describe('Inbox', () => {
  it('gives messages back in their order, empty ones too', () => {
    const inbox = new Inbox(1000, 1000);
    const messages: Delivery[] = [
      '',
      'a',
      Buffer.alloc(0),
      Buffer.from('b'),
      { type: 'text', data: '', final: true },
    ];
    for (const message of messages) inbox.push(message);
    expect(inbox.length).to.equal(5);
    const shifted = messages.map(() => inbox.shift());
    shifted.forEach((message, i) => expect(message).to.equal(messages[i]));
    expect([inbox.length, inbox.shift()]).to.deep.equal([0, undefined]);
  });

  it('is full from so many messages on', () => {
    const inbox = new Inbox(1000, 2);
    inbox.push('');
    expect(inbox.isFull).to.equal(false);
    inbox.push('');
    expect(inbox.isFull).to.equal(true);
    inbox.shift();
    expect(inbox.isFull).to.equal(false);
  });

  for (const [kind, message] of [
    ['text', 'xxxxx'],
    ['octets', Buffer.alloc(5)],
    ['octets of text', { utf8: Buffer.alloc(5) }],
    ['fragments', { type: 'binary', data: Buffer.alloc(5), final: false }],
  ] as const) {
    it(`is full from so many octets on: ${kind}`, () => {
      const inbox = new Inbox(10, 1000);
      inbox.push(message);
      inbox.push('1234');
      expect(inbox.isFull).to.equal(false);
      inbox.push('5');
      expect(inbox.isFull).to.equal(true);
      inbox.shift();
      expect(inbox.isFull).to.equal(false);
      inbox.push(message);
      expect(inbox.isFull).to.equal(true);
    });
  }

  it('takes a message of any size when it is not full, and one more when it is', () => {
    const inbox = new Inbox(10, 2);
    inbox.push(Buffer.alloc(1_000_000));
    expect([inbox.isFull, inbox.length]).to.deep.equal([true, 1]);
    inbox.push('x');
    expect(inbox.length).to.equal(2);
    inbox.shift();
    inbox.shift();
    expect(inbox.isFull).to.equal(false);
  });

  it('keeps the order and the count when it is never empty', () => {
    const inbox = new Inbox(1_000_000, 1_000_000);
    inbox.push('0');
    for (let i = 1; i <= 1000; i += 1) {
      inbox.push(String(i));
      if (i % 3 === 0) inbox.push(String(-i));
      expect(inbox.shift()).to.be.a('string');
    }
    const length = inbox.length;
    const left = Array.from({ length }, () => Number(inbox.shift()));
    expect(length).to.equal(334);
    expect(left.slice(-4)).to.deep.equal([998, 999, -999, 1000]);
    expect([inbox.length, inbox.isFull, inbox.shift()]).to.deep.equal([0, false, undefined]);
  });

  it('drops everything, and tells how much that was', () => {
    const inbox = new Inbox(10, 3);
    inbox.push('123456');
    inbox.push('7890');
    expect([inbox.clear(), inbox.length, inbox.isFull, inbox.shift()]).to.deep.equal([
      2,
      0,
      false,
      undefined,
    ]);
    expect(inbox.clear()).to.equal(0);
    inbox.push('123456789');
    expect(inbox.isFull).to.equal(false);
  });
});
