import { expect } from 'chai';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { bindStream, readStream, type StreamOwner } from '../../lib/connection/bound-stream.js';
import { settled } from '../wire-peer.js';
import { plainSocket } from './plain-socket.js';

interface Fixture {
  readonly chunks: Buffer[];
  readonly told: string[];
}

function bind(stream: Duplex, areOurs = false): Fixture {
  const chunks: Buffer[] = [];
  const told: string[] = [];
  const owner: StreamOwner = {
    receiver: { push: (chunk) => void chunks.push(chunk), end: () => void told.push('end') },
    streamOnError: (error) => void told.push(`error ${error.message}`),
    streamOnClose: () => void told.push('close'),
  };
  bindStream(stream, owner);
  readStream(stream, areOurs);
  return { chunks, told };
}

const octets = (from: number, count = 1): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => from + i));
const hexOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('hex');

/** Makes a stream that is no socket. */
const foreign = (): Duplex => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

describe('bound stream', () => {
  const streams: Duplex[] = [];

  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.destroy();
    await settled();
  });

  function kept<T extends Duplex>(stream: T): T {
    streams.push(stream);
    return stream;
  }

  for (const [kind, make] of [
    ['a socket', () => plainSocket().socket],
    ['another stream', foreign],
  ] as const) {
    describe(`of ${kind}`, () => {
      it('hands over nothing before it is resumed, and then all of it in order', async () => {
        const stream = kept(make());
        const { chunks } = bind(stream);
        stream.push(octets(1));
        stream.push(octets(2));
        await settled();
        expect(chunks).to.deep.equal([]);
        stream.resume();
        await settled();
        stream.push(octets(3));
        expect(hexOf(chunks)).to.equal('010203');
      });

      it('hands over nothing while it is paused, stops the source at the mark, and goes on', async () => {
        const stream = kept(make());
        const { chunks } = bind(stream);
        stream.resume();
        await settled();
        stream.push(octets(1));
        stream.pause();
        const mark = stream.readableHighWaterMark;
        expect(stream.push(octets(2))).to.equal(true);
        expect(stream.push(Buffer.alloc(mark, 3))).to.equal(false);
        await settled();
        expect(hexOf(chunks)).to.equal('01');
        stream.resume();
        // What comes before it flows again goes behind what waits.
        stream.push(octets(4));
        await settled();
        expect(stream.push(octets(5))).to.equal(true);
        expect(hexOf(chunks)).to.equal(`0102${'03'.repeat(mark)}0405`);
      });

      it('goes on reading after each pause', async () => {
        const stream = kept(make());
        let reads = 0;
        stream._read = () => void (reads += 1);
        const { chunks } = bind(stream);
        for (let round = 1; round <= 3; round++) {
          stream.resume();
          await settled();
          stream.push(octets(round));
          stream.pause();
          const before = reads;
          while (stream.push(Buffer.alloc(16 * 1024, round)));
          stream.resume();
          await settled();
          expect(reads, `reads in round ${String(round)}`).to.be.above(before);
        }
        expect(hexOf(chunks).replaceAll(/(..)\1*/gu, '$1')).to.equal('010203');
      });

      it('tells of the end behind the last octets, and of the close', async () => {
        const stream = kept(make());
        const { chunks, told } = bind(stream);
        stream.resume();
        await settled();
        stream.push(octets(1));
        stream.push(null);
        await settled();
        expect(hexOf(chunks)).to.equal('01');
        expect(told).to.deep.equal(['end']);
        stream.destroy(new Error('gone'));
        await settled();
        expect(told).to.deep.equal(['end', 'error gone', 'close']);
      });

      it('hands over octets, whatever they are pushed as', async () => {
        const stream = kept(make());
        const { chunks } = bind(stream);
        stream.resume();
        await settled();
        stream.push('A');
        stream.push('4243', 'hex');
        stream.push(new Uint8Array([0x44]));
        await settled();
        expect(chunks.every((chunk) => Buffer.isBuffer(chunk))).to.equal(true);
        expect(hexOf(chunks)).to.equal('41424344');
      });

      it('lets others see what comes', async () => {
        const stream = kept(make());
        const { chunks } = bind(stream);
        stream.resume();
        await settled();
        stream.push(octets(1));
        const seen: Buffer[] = [];
        const see = (chunk: Buffer): void => void seen.push(chunk);
        stream.on('data', see);
        stream.push(octets(2));
        stream.off('data', see);
        stream.push(octets(3));
        expect([hexOf(chunks), hexOf(seen)]).to.deep.equal(['010203', '02']);
      });
    });
  }

  it('hands over the octets of a socket themselves, past its events', async () => {
    const socket = kept(plainSocket().socket);
    const { chunks } = bind(socket);
    socket.resume();
    await settled();
    const emitted: unknown[] = [];
    const { emit } = socket;
    socket.emit = function (event: string | symbol, ...args: unknown[]) {
      emitted.push(event);
      return emit.call(this, event, ...args);
    };
    const chunk = octets(1);
    expect(socket.push(chunk)).to.equal(true);
    expect(chunks[0]).to.equal(chunk);
    expect(emitted).to.deep.equal([]);
  });

  it('goes through the events of a socket whose `push` is not that of Node', async () => {
    class Shouting extends Socket {
      override _read(): void {}
      override push(chunk: Buffer | null): boolean {
        return super.push(chunk?.map((octet) => octet + 0x80) ?? null);
      }
    }
    const socket = kept(new Shouting());
    const { chunks } = bind(socket);
    socket.resume();
    await settled();
    socket.push(octets(1));
    expect(hexOf(chunks)).to.equal('81');
  });

  it('copies what another stream hands out, unless the receiver changes nothing', async () => {
    for (const areOurs of [false, true]) {
      const stream = kept(foreign());
      const { chunks } = bind(stream, areOurs);
      stream.resume();
      await settled();
      const chunk = octets(1);
      stream.push(chunk);
      expect(chunks[0]).to.deep.equal(chunk);
      expect(chunks[0] === chunk).to.equal(areOurs);
    }
  });

  describe('at the end of what comes on a socket', () => {
    /** Ends a socket that would not be half open, and says what Node made of it. */
    async function end(socket: Socket): Promise<string[]> {
      socket.allowHalfOpen = false;
      socket.push(null);
      socket.resume();
      await settled();
      return Object.getOwnPropertyNames(socket).filter((name) => name === 'write');
    }

    it('does what Node does, without a second listener', async () => {
      const bare = kept(plainSocket().socket);
      const bound = kept(plainSocket().socket);
      const { told } = bind(bound);
      expect(bound.listenerCount('end')).to.equal(bare.listenerCount('end'));
      expect(await end(bound)).to.deep.equal(await end(bare));
      expect(told[0]).to.equal('end');
      expect(told.filter((what) => what === 'end')).to.have.length(1);
    });

    it('leaves the listeners of others', async () => {
      const socket = kept(plainSocket().socket);
      const told: string[] = [];
      socket.on('end', () => told.push('first'));
      bind(socket);
      socket.on('end', () => told.push('last'));
      await end(socket);
      expect(told).to.deep.equal(['first', 'last']);
    });

    it('needs no listener of Node', async () => {
      const socket = kept(plainSocket().socket);
      socket.removeAllListeners('end');
      const { told } = bind(socket);
      await end(socket);
      expect(told[0]).to.equal('end');
      expect(Object.hasOwn(socket, 'write')).to.equal(false);
    });
  });
});
