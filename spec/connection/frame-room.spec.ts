import { expect } from 'chai';
import { FrameRoom, NO_OCTETS } from '../../lib/connection/frame-room.js';
import { sharedSlab } from '../../lib/connection/shared-slab.js';

/** Shows what a room does, and what was taken out of its slab. */
class OpenRoom extends FrameRoom {
  readonly taken: Buffer[] = [];
  isStalled = false;

  put(text: string): void {
    const start = this.fill(text.length);
    this.slab.write(text, start, 'latin1');
  }

  turn(inTurn: boolean): void {
    this.inTurn = inTurn;
  }

  commit(): void {
    this.commitSlab();
  }

  drop(): void {
    this.dropSlab();
  }

  forget(): void {
    this.forgetSlab();
  }

  nowhere(length: number): number {
    return this.fillNowhere(length);
  }

  get texts(): string[] {
    return this.taken.map((octets) => octets.toString('latin1'));
  }

  protected override enqueue(octets: Buffer): void {
    this.taken.push(octets);
  }
}

describe('FrameRoom', () => {
  const rooms: OpenRoom[] = [];

  afterEach(() => {
    for (const room of rooms.splice(0)) room.forget();
  });

  function make(inTurn: boolean): OpenRoom {
    const room = new OpenRoom();
    room.turn(inTurn);
    rooms.push(room);
    return room;
  }

  it('is in the shared slab within a turn, and leaves it by copy', () => {
    const room = make(true);
    room.put('one ');
    room.put('two');
    expect([room.slab === sharedSlab.octets, sharedSlab.isTaken]).to.deep.equal([true, true]);
    room.drop();
    expect([room.slab === NO_OCTETS, sharedSlab.isTaken]).to.deep.equal([true, false]);
    sharedSlab.octets.fill(0, 0, 10);
    expect(room.texts).to.deep.equal(['one two']);
  });

  it('is elsewhere while another has the shared slab', () => {
    const first = make(true);
    const second = make(true);
    first.put('one');
    second.put('two');
    expect(second.slab).to.not.equal(first.slab);
    first.commit();
    second.commit();
    expect([first.texts, second.texts]).to.deep.equal([['one'], ['two']]);
  });

  it('is just as large as a lone frame outside of a turn; more of them share the slab of all', () => {
    const room = make(false);
    room.put('a lone frame');
    expect([room.slab.length, sharedSlab.isTaken]).to.deep.equal([12, false]);
    room.put('x');
    expect([room.slab === sharedSlab.octets, sharedSlab.isTaken]).to.deep.equal([true, true]);
    room.put('y');
    room.drop();
    expect([room.texts, sharedSlab.isTaken]).to.deep.equal([['a lone framexy'], false]);
  });

  it('is a slab of their own for several outside of a turn which may wait for long, or while another has that of all', () => {
    const other = make(true);
    for (const isStalled of [true, false]) {
      if (!isStalled) other.put('taken');
      const room = make(false);
      room.isStalled = isStalled;
      room.put('1');
      room.put('2');
      const { slab } = room;
      expect([slab.length, sharedSlab.isTaken]).to.deep.equal([4096, !isStalled]);
      room.put('3');
      expect(room.slab).to.equal(slab);
      room.commit();
      expect(room.texts).to.deep.equal(['123']);
    }
  });

  it('takes along what waits, and not what was taken out, as long as all fits into a slab', () => {
    const room = make(false);
    room.isStalled = true;
    room.put('gone');
    room.commit();
    room.put('a');
    const rest = 'b'.repeat(4095);
    room.put(rest);
    room.put('c');
    room.commit();
    expect(room.texts).to.deep.equal(['gone', `a${rest}`, 'c']);
    room.put('d'.repeat(4095));
    const { slab } = room;
    room.put('ef');
    room.commit();
    expect([room.slab === slab, room.texts.slice(3)]).to.deep.equal([false, ['d'.repeat(4095), 'ef']]);
  });

  it('takes nothing along out of the shared slab', () => {
    const room = make(true);
    const long = 'x'.repeat(sharedSlab.octets.length - 1);
    room.put('y');
    room.put(long);
    room.put('z');
    room.commit();
    expect(room.texts).to.deep.equal([`y${long}`, 'z']);
  });

  it('is nowhere for what comes too late, and forgets what it is told to', () => {
    const room = make(true);
    room.put('sent');
    expect(room.nowhere(5)).to.equal(0);
    expect([room.slab.length, sharedSlab.isTaken]).to.deep.equal([5, false]);
    room.put('lost');
    room.forget();
    room.commit();
    expect(room.texts).to.deep.equal(['sent']);
  });
});
