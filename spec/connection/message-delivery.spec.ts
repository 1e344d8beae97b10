import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import type { Delivery } from '../../lib/connection/inbox.js';
import { MessageDelivery, Undelivered, type Phase } from '../../lib/connection/message-delivery.js';

const { NOT_CONNECTED, NO_CONSUMER, PAUSED, HANDLER_BUSY, STREAM_FULL } = Undelivered;

/** Notes what it hands on, and what it is told of its inbox. */
class Noted extends MessageDelivery {
  readonly log: string[] = [];
  during: (message: Delivery) => void = () => undefined;

  come(...messages: string[]): void {
    for (const message of messages) this.take(message);
  }

  enter(phase: Phase): void {
    this.phase = phase;
  }

  protected override deliver(message: Delivery): void {
    this.log.push(message as string);
    this.during(message);
  }

  protected override inboxOnFull(): void {
    this.log.push('<full>');
  }

  protected override inboxOnEmpty(): void {
    this.log.push('<empty>');
  }
}

function setUp(options: ConnectionOptions = { handler: () => undefined }): Noted {
  return new Noted(connectionSettings(options));
}

function connected(options?: ConnectionOptions): Noted {
  const delivery = setUp(options);
  delivery.releaseDelivery(NOT_CONNECTED);
  delivery.log.length = 0;
  return delivery;
}

describe('MessageDelivery', () => {
  it('hands nothing on before it is connected, then all in order', () => {
    const delivery = setUp();
    delivery.come('a', 'b');
    expect(delivery.log).to.deep.equal([]);
    delivery.releaseDelivery(NOT_CONNECTED);
    delivery.come('c');
    expect(delivery.log).to.deep.equal(['a', 'b', '<empty>', 'c']);
  });

  it('waits for a consumer as well, where there is no handler', () => {
    const delivery = connected({});
    expect(delivery.isDeliveryHeldFor(NO_CONSUMER)).to.equal(true);
    delivery.come('a');
    delivery.releaseDelivery(NO_CONSUMER);
    expect(delivery.log).to.deep.equal(['a', '<empty>']);
    expect(connected().isDeliveryHeldFor(NO_CONSUMER)).to.equal(false);
  });

  it('lets no reason go for another, and takes one that came twice away at once', () => {
    const delivery = connected();
    delivery.holdDelivery(PAUSED);
    delivery.holdDelivery(PAUSED | HANDLER_BUSY);
    delivery.come('a');
    delivery.releaseDelivery(STREAM_FULL);
    delivery.releaseDelivery(PAUSED);
    expect(delivery.log).to.deep.equal([]);
    expect(delivery.isDeliveryHeldFor(PAUSED | STREAM_FULL)).to.equal(false);
    expect(delivery.isDeliveryHeldFor(HANDLER_BUSY | STREAM_FULL)).to.equal(true);
    expect(delivery.isDeliveryHeldOnlyFor(HANDLER_BUSY | PAUSED)).to.equal(true);
    expect(delivery.isDeliveryHeldOnlyFor(PAUSED)).to.equal(false);
    delivery.releaseDelivery(HANDLER_BUSY);
    expect(delivery.log).to.deep.equal(['a', '<empty>']);
    expect(delivery.isDeliveryHeldOnlyFor(0)).to.equal(true);
    delivery.releaseDelivery(HANDLER_BUSY);
    expect(delivery.log).to.deep.equal(['a', '<empty>']);
  });

  it('stops in the middle when it is held meanwhile, and keeps the order', () => {
    const delivery = connected();
    delivery.holdDelivery(PAUSED);
    delivery.come('a', 'b', 'c');
    delivery.during = (message) => {
      if (message === 'a') delivery.holdDelivery(STREAM_FULL);
      // Comes while others wait: behind them.
      if (message === 'b') delivery.come('d');
    };
    delivery.releaseDelivery(PAUSED);
    expect(delivery.log).to.deep.equal(['a']);
    delivery.releaseDelivery(STREAM_FULL);
    expect(delivery.log).to.deep.equal(['a', 'b', 'c', 'd', '<empty>']);
  });

  describe('one at a time, for who asks', () => {
    it('hands on the message that waits longest, and tells when it was the last', () => {
      const delivery = connected();
      delivery.holdDelivery(STREAM_FULL);
      delivery.come('a', 'b');
      expect(delivery.deliverNext(STREAM_FULL)).to.equal('a');
      expect(delivery.log).to.deep.equal(['a']);
      expect(delivery.deliverNext(STREAM_FULL)).to.equal('b');
      expect(delivery.log).to.deep.equal(['a', 'b', '<empty>']);
      expect(delivery.deliverNext(STREAM_FULL)).to.equal(undefined);
      expect(delivery.log).to.have.length(3);
      delivery.come('c');
      expect(delivery.log, 'still held').to.have.length(3);
    });

    it('hands nothing on when anything else holds it back, or nothing does', () => {
      const delivery = connected();
      delivery.holdDelivery(STREAM_FULL | PAUSED);
      delivery.come('a');
      delivery.deliverNext(STREAM_FULL);
      delivery.releaseDelivery(STREAM_FULL);
      delivery.deliverNext(STREAM_FULL);
      expect(delivery.log).to.deep.equal([]);
    });

    it('hands on no second one while the first is handed on, and goes on if it was released meanwhile', () => {
      const delivery = connected();
      delivery.holdDelivery(STREAM_FULL);
      delivery.come('a', 'b', 'c');
      delivery.during = (message) => {
        expect(delivery.deliverNext(STREAM_FULL)).to.equal(undefined);
        if (message === 'b') delivery.releaseDelivery(STREAM_FULL);
        expect(delivery.log.at(-1)).to.equal(message);
      };
      delivery.deliverNext(STREAM_FULL);
      expect(delivery.log).to.deep.equal(['a']);
      delivery.deliverNext(STREAM_FULL);
      expect(delivery.log).to.deep.equal(['a', 'b', 'c', '<empty>']);
    });

    it('settles with the last one', () => {
      const delivery = connected();
      delivery.holdDelivery(STREAM_FULL);
      delivery.come('a');
      delivery.settle(STREAM_FULL, () => delivery.log.push('settled'));
      delivery.deliverNext(STREAM_FULL);
      expect(delivery.log).to.deep.equal(['a', '<empty>', 'settled']);
    });
  });

  it('goes on in the same loop when it is released within it', () => {
    const delivery = connected();
    delivery.holdDelivery(PAUSED);
    delivery.come('a', 'b');
    let depth = 0;
    delivery.during = () => {
      expect(++depth).to.equal(1);
      delivery.holdDelivery(STREAM_FULL);
      delivery.releaseDelivery(STREAM_FULL);
      depth -= 1;
    };
    delivery.releaseDelivery(PAUSED);
    expect(delivery.log).to.deep.equal(['a', 'b', '<empty>']);
  });

  it('tells when no more should come: by messages, and by octets', () => {
    for (const [options, messages] of [
      [{ maxQueuedMessages: 2 }, ['a', 'b']],
      [{ maxQueuedBytes: 5 }, ['abc', 'de']],
    ] as const) {
      const delivery = connected({ handler: () => undefined, ...options });
      delivery.holdDelivery(PAUSED);
      delivery.come(messages[0]);
      expect(delivery.log).to.deep.equal([]);
      delivery.come(messages[1]);
      expect(delivery.log).to.deep.equal(['<full>']);
      delivery.come('more');
      delivery.releaseDelivery(PAUSED);
      expect(delivery.log.slice(-4)).to.deep.equal([...messages, 'more', '<empty>']);
      expect(delivery.discarded).to.equal(0);
    }
  });

  describe('when it closes', () => {
    it('drops what is past the bound only where nobody takes the messages', () => {
      for (const [reasons, isStreamed, discarded] of [
        [NO_CONSUMER, false, 1],
        [PAUSED, false, 1],
        [PAUSED, true, 0],
        [HANDLER_BUSY, false, 0],
        [STREAM_FULL, false, 0],
        [HANDLER_BUSY | NO_CONSUMER, false, 1],
      ] as const) {
        const delivery = connected({ handler: () => undefined, maxQueuedMessages: 1 });
        delivery.isStreamed = isStreamed;
        delivery.holdDelivery(reasons);
        delivery.enter('closing');
        delivery.come('a', 'b');
        expect(delivery.discarded, String(reasons)).to.equal(discarded);
        expect(delivery.log.includes('<full>'), String(reasons)).to.equal(discarded === 0);
      }
    });

    it('takes what came before the stream was gone, and asks for no pause', () => {
      const delivery = connected({ handler: () => undefined, maxQueuedMessages: 1 });
      delivery.holdDelivery(HANDLER_BUSY);
      delivery.enter('over');
      delivery.come('a', 'b');
      delivery.releaseDelivery(HANDLER_BUSY);
      expect(delivery.log).to.deep.equal(['a', 'b', '<empty>']);
    });

    it('drops everything that has to wait once it is abandoned', () => {
      const delivery = connected();
      delivery.holdDelivery(PAUSED);
      delivery.enter('abandoned');
      delivery.come('a', 'b');
      expect(delivery.discarded).to.equal(2);
    });
  });

  describe('settle', () => {
    it('calls at once when nothing waits', () => {
      const delivery = connected();
      let isSettled = false;
      delivery.settle(0, () => (isSettled = true));
      expect(isSettled).to.equal(true);
    });

    it('waits for those it has patience with, and drops what others hold', () => {
      for (const [patience, expected] of [
        [PAUSED, ['a', 'b', '<empty>', 'settled']],
        [PAUSED | STREAM_FULL, ['a', 'b', '<empty>', 'settled']],
        [STREAM_FULL, ['settled']],
      ] as const) {
        const delivery = connected();
        delivery.holdDelivery(PAUSED);
        delivery.come('a', 'b');
        delivery.settle(patience, () => void delivery.log.push('settled'));
        delivery.releaseDelivery(PAUSED);
        expect(delivery.log.filter((line, at) => line !== '<empty>' || at < 3)).to.deep.equal(
          expected[0] === 'settled' ? ['settled', '<empty>'] : expected,
        );
        expect(delivery.discarded).to.equal(expected[0] === 'settled' ? 2 : 0);
      }
    });

    it('is called, once, when what waits is dropped', () => {
      const delivery = connected();
      delivery.holdDelivery(PAUSED);
      delivery.come('a');
      let calls = 0;
      delivery.settle(PAUSED, () => (calls += 1));
      delivery.dropUndelivered();
      delivery.dropUndelivered();
      expect([calls, delivery.discarded]).to.deep.equal([1, 1]);
    });
  });
});
