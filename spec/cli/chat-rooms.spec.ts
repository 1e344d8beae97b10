import { expect } from 'chai';
import type { Connection, HandlerArguments } from '../../lib/index.js';
import { ChatRooms } from '../../lib/cli/chat-rooms.js';

/** Stands for a connection on a path of the chat. */
class Caller {
  readonly protocol = 'chat.text';
  readonly path: string;
  readonly query: string;
  readonly heard: string[] = [];
  closedWith: number | undefined;

  constructor(path: string, query = '') {
    this.path = path;
    this.query = query;
  }

  send(_type: string, text: string): number {
    this.heard.push(text);
    return text.length;
  }

  close(code: number): void {
    this.closedWith = code;
  }
}

describe('ChatRooms', () => {
  let rooms: ChatRooms;

  beforeEach(() => {
    rooms = new ChatRooms();
  });

  function report(caller: Caller, type: string, message?: unknown): void {
    rooms.handler(...([caller as unknown as Connection, type, message] as HandlerArguments));
  }

  function call(path: string, query?: string): Caller {
    const caller = new Caller(path, query);
    report(caller, 'connect');
    return caller;
  }

  it('takes the name from the query', () => {
    expect(call('/chat/a', 'x=1&name=J%C3%BCrgen+K.').heard).to.deep.equal([
      '* you are Jürgen K.; nobody else is here',
    ]);
  });

  it('opens a room for each path', () => {
    const [ann, bob] = [call('/chat/a', 'name=Ann'), call('/chat/b', 'name=Bob')];
    report(ann, 'text', 'ahoy');
    expect(ann.heard.at(-1)).to.equal('Ann: ahoy');
    expect(bob.heard).to.deep.equal(['* you are Bob; nobody else is here']);
    expect(rooms.size).to.equal(2);
  });

  it('keeps the history of a room that everybody has left', () => {
    const ann = call('/chat/a', 'name=Ann');
    report(ann, 'text', 'ahoy');
    report(ann, 'disconnect', { code: 1000, reason: '', wasClean: true });
    expect(call('/chat/a').heard[0]).to.match(/^Ann: ahoy\n/);
  });

  it('closes with 1003 on binary messages', () => {
    const ann = call('/chat/a');
    report(ann, 'binary', Buffer.alloc(1));
    expect(ann.closedWith).to.equal(1003);
  });

  it('closes with 1008 when the name of the room is too long, and remembers nothing', () => {
    expect(call(`/chat/${'x'.repeat(100)}`).closedWith).to.equal(1008);
    expect(rooms.size).to.equal(0);
  });

  it('counts a visit as use when it has to forget a room', () => {
    const callers = Array.from({ length: 100 }, (_, index) => call(`/chat/${String(index)}`));
    const visitor = call('/chat/3');
    report(visitor, 'text', 'room 3');
    report(callers[7]!, 'text', 'room 7');
    for (const caller of [visitor, callers[3]!, callers[7]!]) report(caller, 'disconnect');
    call('/chat/late');
    expect(call('/chat/3').heard[0]).to.contain('room 3');
  });

  it('never has more than a hundred rooms: forgets the empty one used least recently, then refuses', () => {
    const callers = Array.from({ length: 100 }, (_, index) => call(`/chat/${String(index)}`, 'name=Ann'));
    expect(call('/chat/late').closedWith).to.equal(1013);
    for (const index of [7, 3]) {
      report(callers[index]!, 'text', `room ${String(index)}`);
      report(callers[index]!, 'disconnect', { code: 1006, reason: '', wasClean: false });
    }
    expect(call('/chat/late').closedWith).to.equal(undefined);
    expect(rooms.size).to.equal(100);
    // Room 3 was opened before room 7, so it went; room 7 still knows what was said.
    expect(call('/chat/7').heard[0]).to.contain('room 7');
    expect(call('/chat/3').closedWith).to.equal(1013);
  });
});
