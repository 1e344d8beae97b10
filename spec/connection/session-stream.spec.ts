import { expect } from 'chai';
import { Duplex } from 'node:stream';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { ROLE_RULES } from '../../lib/connection/role.js';
import { Session, type SessionEvents, type SessionOwner } from '../../lib/connection/session.js';
import { ClosingState } from '../../lib/protocol/closing-state.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { ROLES, WirePeer, decodeFrames, settled } from '../wire-peer.js';

interface Fixture extends SessionOwner<Fixture> {
  readonly told: unknown[][];
  /** Called with each message. */
  onMessage: () => void;
}

/** Writes down what it is told, and leaves the answer to a Close to the test. */
const RECORDER: SessionEvents<Fixture> = {
  octets: ({ told }) => void told.push(['octets']),
  message: ({ told, onMessage }, message) => {
    told.push(['message', message]);
    onMessage();
  },
  ping: () => {},
  pong: () => {},
  closing: ({ told }, code, reason, origin) => void told.push(['closing', code, reason, origin]),
  timeout: ({ told }, kind) => void told.push(['timeout', kind]),
  drain: () => {},
  ended: ({ told }) => void told.push(['ended']),
};

describe('Session: its byte stream', () => {
  const opened: { session: Session<Fixture>; stream: Duplex; far?: PairEnd }[] = [];

  afterEach(async () => {
    for (const { session, stream, far } of opened.splice(0)) {
      session.terminate();
      stream.destroy();
      far?.destroy();
    }
    await settled();
  });

  function begin(
    role: 'client' | 'server',
    stream: Duplex,
    far?: PairEnd,
  ): Session<Fixture> & { told: unknown[][] } {
    const fixture: Fixture = {
      settings: connectionSettings({ handler: () => {} }),
      roleRules: ROLE_RULES[role],
      sessionEvents: RECORDER,
      told: [],
      onMessage: () => {},
    };
    const session = new Session<Fixture>(fixture, stream);
    opened.push({ session, stream, ...(far !== undefined && { far }) });
    return Object.assign(session, { told: fixture.told, fixture });
  }

  /** Makes a session on a stream in memory. */
  function open(role: 'client' | 'server') {
    const [stream, far] = duplexPair();
    const peer = new WirePeer(far, role === 'server' ? 'client' : 'server');
    return { session: begin(role, stream, far), stream, peer };
  }

  /** Makes a session on a stream that is there until somebody destroys it. */
  function openLasting(role: 'client' | 'server') {
    const written: Buffer[] = [];
    const stream = new Duplex({
      autoDestroy: false,
      read() {},
      write(chunk: Buffer, _encoding, callback) {
        written.push(Buffer.from(chunk));
        callback();
      },
    });
    const frames = new WirePeer(duplexPair()[1], role === 'server' ? 'client' : 'server');
    const session = begin(role, stream);
    session.start(undefined);
    const opcodes = (): number[] => decodeFrames(Buffer.concat(written)).map(({ opcode }) => opcode);
    return { session, stream, frames, opcodes };
  }

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('is destroyed once both directions are at their end, when the peer closes', async () => {
        const { session, stream, frames, opcodes } = openLasting(role);
        stream.push(frames.closeFrame(4000));
        await settled();
        session.writeClose();
        await settled();
        expect([stream.writableEnded, stream.destroyed]).to.deep.equal([role === 'server', false]);
        stream.push(null);
        await settled();
        expect([stream.writableEnded, stream.destroyed]).to.deep.equal([true, true]);
        expect(opcodes()).to.deep.equal([8]);
        expect(session.outcome.wasClean).to.equal(true);
        expect(session.told.at(-1)).to.deep.equal(['ended']);
      });

      it('is destroyed once both directions are at their end, when we close', async () => {
        const { session, stream, frames } = openLasting(role);
        session.beginClosing(4000, '');
        session.writeClose();
        await settled();
        expect(stream.writableEnded).to.equal(false);
        stream.push(frames.closeFrame(4000));
        await settled();
        expect([stream.writableEnded, stream.destroyed]).to.deep.equal([role === 'server', false]);
        stream.push(null);
        await settled();
        expect(stream.destroyed).to.equal(true);
        expect(session.outcome).to.deep.equal({ code: 4000, reason: '', wasClean: true });
      });

      it('is kept for our answer when the peer ends its direction behind its Close', async () => {
        const { session, stream, frames, opcodes } = openLasting(role);
        stream.push(frames.closeFrame(4000));
        stream.push(null);
        await settled();
        expect([stream.writableEnded, stream.destroyed]).to.deep.equal([false, false]);
        session.writeClose();
        await settled();
        expect([stream.writableEnded, stream.destroyed]).to.deep.equal([true, true]);
        expect(opcodes()).to.deep.equal([8]);
      });

      it('is kept for our Close that waits when that of the peer comes meanwhile', async () => {
        const { session, stream, frames, opcodes } = openLasting(role);
        session.beginClosing(4000, '');
        stream.push(frames.closeFrame(4001));
        await settled();
        expect(stream.writableEnded).to.equal(false);
        session.writeClose();
        await settled();
        expect(opcodes()).to.deep.equal([8]);
        stream.push(null);
        await settled();
        expect(stream.destroyed).to.equal(true);
      });

      it('is destroyed when it fails, with the first error as the cause', async () => {
        const { session, stream } = openLasting(role);
        const error = new Error('first');
        stream.emit('error', error);
        stream.emit('error', new Error('second'));
        expect(stream.destroyed).to.equal(true);
        await settled();
        expect(session.closedError().cause).to.equal(error);
      });

      it('was not ended cleanly when it is dropped, or goes, with our Close on its way', async () => {
        for (const end of ['terminate', 'destroy'] as const) {
          const { session, stream, peer } = open(role);
          session.start(undefined);
          stream.hold();
          peer.send(peer.closeFrame(4000));
          await settled();
          session.writeClose();
          await settled();
          expect(session.outcome).to.deep.equal({ code: 4000, reason: '', wasClean: true });
          if (end === 'terminate') session.terminate();
          else if (role === 'client') stream.destroy();
          else continue;
          await settled();
          expect(session.outcome.wasClean, end).to.equal(false);
        }
      });
    });
  }

  it('tells of octets once for each chunk, and not of an empty one behind the handshake', async () => {
    const { session, peer } = open('client');
    session.start(Buffer.alloc(0));
    await settled();
    expect(session.told).to.deep.equal([]);
    peer.send(peer.frame(1, 'a'), peer.frame(1, 'b'));
    await settled();
    expect(session.told).to.deep.equal([['octets'], ['message', 'a'], ['message', 'b']]);
  });

  it('delivers nothing of a chunk behind the message at which the session is terminated', async () => {
    const { session, peer } = open('client');
    (session as unknown as { fixture: Fixture }).fixture.onMessage = () => session.terminate();
    session.start(undefined);
    peer.sendTexts('a', 'b');
    await settled();
    expect(session.told.filter(([event]) => event === 'message')).to.deep.equal([['message', 'a']]);
  });

  it('tells once that closing begins, also when the session is dropped while it closes', async () => {
    const { session } = open('server');
    session.start(undefined);
    session.beginClosing(4000, 'ours');
    session.drop(1006, 'dropped');
    await settled();
    expect(session.told).to.deep.equal([['closing', 4000, 'ours', 'local'], ['ended']]);
    expect(session.state).to.equal(ClosingState.CLOSED);
  });

  it('makes an error without a cause when there was none', () => {
    const { session } = open('server');
    expect(Object.hasOwn(session.closedError(), 'cause')).to.equal(false);
  });
});
