import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { ROLE_RULES } from '../../lib/connection/role.js';
import { Session, type SessionEvents, type SessionOwner } from '../../lib/connection/session.js';
import { ConnectionClosedError, ProtocolError } from '../../lib/errors.js';
import { ClosingState } from '../../lib/protocol/closing-state.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { ROLES, WirePeer, octets, settled } from '../wire-peer.js';

/** Writes down what it is told, and answers a Close as a connection does. */
const RECORDER: SessionEvents<Fixture> = {
  octets: () => {},
  message: ({ told }, message) => void told.push(['message', message]),
  ping: ({ told }, payload) => void told.push(['ping', payload.toString()]),
  pong: ({ told }, payload) => void told.push(['pong', payload.toString()]),
  closing: ({ told, session }, code, reason, origin) => {
    told.push(['closing', code, reason, origin, session().state]);
    if (origin === 'remote') session().writeClose();
  },
  timeout: ({ told }, kind) => void told.push(['timeout', kind]),
  drain: ({ told }) => void told.push(['drain']),
  ended: ({ told, session }) => void told.push(['ended', session().state, session().outcome]),
};

interface Fixture extends SessionOwner<Fixture> {
  readonly told: unknown[][];
  readonly session: () => Session<Fixture>;
  readonly peer: WirePeer;
  readonly stream: PairEnd;
}

describe('Session', () => {
  const opened: Fixture[] = [];

  afterEach(async () => {
    for (const { session, peer } of opened.splice(0)) {
      session().terminate();
      peer.stream.destroy();
    }
    await settled();
  });

  function open(
    role: 'client' | 'server',
    options: ConnectionOptions = {},
  ): Fixture & { it: Session<Fixture> } {
    const [stream, far] = duplexPair();
    const peer = new WirePeer(far, role === 'server' ? 'client' : 'server');
    const told: unknown[][] = [];
    const fixture: Fixture = {
      settings: connectionSettings({ handler: () => {}, ...options }),
      roleRules: ROLE_RULES[role],
      sessionEvents: RECORDER,
      told,
      session: () => session,
      peer,
      stream,
    };
    const session = new Session<Fixture>(fixture, stream);
    opened.push(fixture);
    return { ...fixture, it: session };
  }

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('reads nothing before it starts; what came behind the handshake comes first', async () => {
        const { it: session, peer, told } = open(role);
        peer.sendTexts('second');
        await settled();
        expect(told).to.deep.equal([]);
        session.start(peer.frame(1, 'first'));
        await settled();
        expect(told).to.deep.equal([
          ['message', 'first'],
          ['message', 'second'],
        ]);
        expect(session.bytesReceived).to.equal(
          peer.frame(1, 'first').length + peer.frame(1, 'second').length,
        );
      });

      it('has closing begun by the time it tells so', () => {
        const { it: session, told } = open(role);
        session.start(undefined);
        session.beginClosing(4000, 'bye');
        session.beginClosing(4001, 'again');
        expect(told).to.deep.equal([['closing', 4000, 'bye', 'local', ClosingState.CLOSE_SENT]]);
        expect(session.closedBy).to.equal('local');
        expect(session.hasSentClose).to.equal(false);
      });

      it('ends the stream first in servers, second in clients (RFC 6455 §7.1.1)', async () => {
        const { it: session, peer, told } = open(role);
        session.start(undefined);
        session.beginClosing(4000, 'bye');
        session.writeClose();
        session.writeClose();
        peer.send(peer.closeFrame(4000));
        await settled();
        expect(session.state).to.equal(ClosingState.CLOSE_COMPLETE);
        expect(peer.said()).to.deep.equal(['close 4000 "bye"']);
        expect(peer.stream.readableEnded).to.equal(role === 'server');
        peer.end();
        await settled();
        expect(peer.stream.readableEnded).to.equal(true);
        expect(told.at(-1)).to.deep.equal([
          'ended',
          ClosingState.CLOSED,
          { code: 4000, reason: '', wasClean: true },
        ]);
        expect(session.isOver).to.equal(true);
      });

      it('ends the stream in clients as soon as the peer has, whatever came first', async () => {
        const { it: session, peer, told } = open(role);
        session.start(undefined);
        peer.answerClose(4001, 'theirs');
        await settled();
        expect(session.closedBy).to.equal('remote');
        expect(peer.said()).to.deep.equal(['close 4001 ""']);
        expect(told.at(-1)?.[2]).to.deep.equal({ code: 4001, reason: 'theirs', wasClean: true });
      });

      it('is failed once, with the first cause', async () => {
        const { it: session, peer, told } = open(role);
        session.start(undefined);
        const first = new ProtocolError('first', 'ERR_WS_FIRST', 1007);
        session.fail(first);
        session.fail(new Error('second'));
        peer.sendTexts('ignored');
        await settled();
        expect(told.filter(([event]) => event !== 'ended')).to.deep.equal([
          ['closing', 1007, 'first', 'local', ClosingState.CLOSE_SENT],
        ]);
        expect(peer.said()).to.deep.equal(['close 1007 "first"']);
        peer.end();
        await settled();
        expect(session.closedError().cause).to.equal(first);
        expect(session.outcome).to.deep.equal({ code: 1006, reason: '', wasClean: false });
      });

      it('sends what was decided when it is left while its Close waits', async () => {
        const { it: session, peer } = open(role);
        session.start(undefined);
        session.beginClosing(4000, 'decided');
        session.leave(1001);
        await settled();
        expect(peer.said()).to.deep.equal(['close 4000 "decided"']);
      });

      it('drops the stream when it is left with nothing to say', async () => {
        const { it: session, stream } = open(role);
        session.start(undefined);
        session.beginClosing(4000, 'said');
        session.writeClose();
        session.leave(1001);
        expect(stream.destroyed).to.equal(true);
        await settled();
        session.leave(1001);
        session.fail(new Error('late'));
        session.writeClose();
        expect(session.state).to.equal(ClosingState.CLOSED);
      });

      it('makes an error of all that it knows', async () => {
        const { it: session, peer } = open(role);
        session.start(undefined);
        session.beginClosing(4000, 'ours');
        session.writeClose();
        peer.answerClose(4001, 'theirs');
        await settled();
        const error = session.closedError();
        expect(error).to.be.instanceOf(ConnectionClosedError);
        expect(error).to.include({ receivedCode: 4001, sentCode: 4000, reason: 'theirs', wasClean: true });
        expect(error.cause).to.equal(undefined);
      });
    });
  }

  it('copies the chunks of a foreign stream before it unmasks them, and leaves a client’s alone', async () => {
    const { it: session, told, peer } = open('server');
    session.start(undefined);
    const masked = octets('81 83 01 02 03 04 60 60 60');
    peer.stream.write(masked);
    await settled();
    expect(told).to.deep.equal([['message', 'abc']]);
    expect(masked.toString('hex')).to.equal('818301020304606060');
  });

  it('lets the peer end its direction first, on streams that would end ours with it', () => {
    const stream = new PassThrough({ allowHalfOpen: false });
    const fixture = {
      settings: connectionSettings({}),
      roleRules: ROLE_RULES.server,
      sessionEvents: { ...RECORDER, ended: () => {} },
    } as unknown as Fixture;
    const session = new Session<Fixture>(fixture, stream);
    expect(stream.allowHalfOpen).to.equal(true);
    session.terminate();
  });
});
