import { expect } from 'chai';
import { ChatRoom, type ChatConnection } from '../../lib/cli/chat-room.js';

/** Stands for a connection: remembers what it was told and how it was closed. */
class Listener {
  readonly protocol: string;
  readonly heard: string[] = [];
  closedWith: number | undefined;

  constructor(protocol = '') {
    this.protocol = protocol;
  }

  readonly send = ((_type: string, text: string): number => {
    this.heard.push(text);
    return text.length;
  }) as ChatConnection['send'];

  readonly close = ((code?: number): void => {
    this.closedWith = code;
  }) as ChatConnection['close'];

  /** Takes what was heard since the last call. */
  takeHeard(): string[] {
    return this.heard.splice(0);
  }
}

describe('ChatRoom', () => {
  let now: number;
  let room: ChatRoom;

  beforeEach(() => {
    now = 0;
    room = new ChatRoom(() => now);
  });

  function enter(name = '', protocol?: string): Listener {
    const listener = new Listener(protocol);
    room.enter(listener, name);
    return listener;
  }

  it('greets who comes, and tells the others', () => {
    const ann = enter('Ann');
    expect(ann.takeHeard()).to.deep.equal(['* you are Ann; nobody else is here']);
    const bob = enter('Bob');
    expect(bob.takeHeard()).to.deep.equal(['* you are Bob; here are Ann']);
    expect(ann.takeHeard()).to.deep.equal(['* Bob joined']);
    room.leave(bob);
    expect(ann.takeHeard()).to.deep.equal(['* Bob left']);
    expect(bob.takeHeard()).to.deep.equal([]);
    expect(room.size).to.equal(1);
  });

  it('passes on what a member says, to the speaker too', () => {
    const ann = enter('Ann');
    const bob = enter('Bob');
    ann.takeHeard();
    bob.takeHeard();
    room.say(ann, 'ahoy');
    expect(ann.takeHeard()).to.deep.equal(['Ann: ahoy']);
    expect(bob.takeHeard()).to.deep.equal(['Ann: ahoy']);
  });

  it('speaks JSON to who asked for chat.json', () => {
    const ann = enter('Ann', 'chat.json');
    enter('Bob', 'chat.text');
    room.say(ann, 'ahoy');
    const events = ann.takeHeard().map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(events[0]).to.deep.equal({ type: 'welcome', name: 'Ann', members: ['Ann'], history: [] });
    expect(events[1]).to.deep.equal({ type: 'join', name: 'Bob', count: 2 });
    expect(events[2]).to.include({ type: 'message', name: 'Ann', text: 'ahoy' });
    expect(events).to.have.length(3);
  });

  it('makes up names, and tells namesakes apart', () => {
    enter();
    enter('  ');
    enter('Ann');
    expect(enter('Ann').takeHeard()).to.deep.equal(['* you are Ann 2; here are guest 1, guest 2, Ann']);
  });

  it('remembers the last thirty messages, and no notices', () => {
    const ann = enter('Ann');
    for (let index = 1; index <= 35; index++) {
      now += 1_000;
      room.say(ann, `message ${String(index)}`);
    }
    const [welcome = ''] = enter('Bob', 'chat.json').takeHeard();
    const { history } = JSON.parse(welcome) as { history: { text: string }[] };
    expect(history.map(({ text }) => text)).to.deep.equal(
      Array.from({ length: 30 }, (_, index) => `message ${String(index + 6)}`),
    );
  });

  it('keeps one member from speaking in the name of another', () => {
    const ann = enter('Ann');
    ann.takeHeard();
    room.say(ann, 'hi\r\nBob: I owe Ann money');
    expect(ann.takeHeard()).to.deep.equal(['Ann: hi\n  Bob: I owe Ann money']);
  });

  it('drops control characters and messages with nothing in them', () => {
    const ann = enter('Ann');
    ann.takeHeard();
    room.say(ann, '\u001b[2Jclear\n\n\n\n\nsky\u0000');
    room.say(ann, ' \n\u0007');
    expect(ann.takeHeard()).to.deep.equal(['Ann: [2Jclear\n  \n  sky']);
  });

  describe('bounds', () => {
    it('does not pass on a message over 1,000 characters', () => {
      const ann = enter('Ann');
      const bob = enter('Bob');
      ann.takeHeard();
      bob.takeHeard();
      room.say(ann, 'x'.repeat(1_000));
      room.say(ann, 'x'.repeat(1_001));
      expect(bob.takeHeard()).to.deep.equal([`Ann: ${'x'.repeat(1_000)}`]);
      expect(ann.takeHeard().at(-1)).to.equal('* not sent: longer than 1000 characters');
    });

    it('passes on ten messages at once, then five a second, and says so once', () => {
      const ann = enter('Ann');
      ann.takeHeard();
      for (let index = 0; index < 20; index++) room.say(ann, 'x');
      const heard = ann.takeHeard();
      expect(heard.filter((text) => text === 'Ann: x')).to.have.length(10);
      expect(heard.filter((text) => text.startsWith('*'))).to.deep.equal([
        '* not sent: too many messages a second',
      ]);
      now += 1_000;
      for (let index = 0; index < 20; index++) room.say(ann, 'y');
      expect(ann.takeHeard().filter((text) => text === 'Ann: y')).to.have.length(5);
    });

    it('closes with 1008 who goes on after fifty refusals in a row', () => {
      const ann = enter('Ann');
      for (let index = 0; index < 60; index++) room.say(ann, 'x');
      expect(ann.closedWith).to.equal(undefined);
      room.say(ann, 'x');
      expect(ann.closedWith).to.equal(1008);
    });

    it('forgives refusals once a message came in time', () => {
      const ann = enter('Ann');
      for (let round = 0; round < 3; round++) {
        for (let index = 0; index < 45; index++) room.say(ann, 'x');
        now += 1_000;
      }
      expect(ann.closedWith).to.equal(undefined);
    });

    it('turns the 101st away with 1013', () => {
      for (let index = 0; index < 100; index++) enter();
      const late = enter();
      expect(late.closedWith).to.equal(1013);
      expect(late.heard).to.deep.equal([]);
      expect(room.size).to.equal(100);
      room.say(late, 'let me in');
      room.leave(late);
      expect(room.size).to.equal(100);
    });
  });
});
