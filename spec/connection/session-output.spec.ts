import { expect } from 'chai';
import { connectionSettings, type ConnectionOptions } from '../../lib/connection/connection-options.js';
import { PreparedMessage } from '../../lib/connection/prepared-message.js';
import { ROLE_RULES } from '../../lib/connection/role.js';
import { SessionOutput, type OutputOwner } from '../../lib/connection/session-output.js';
import { ConnectionClosedError } from '../../lib/errors.js';
import { duplexPair, type PairEnd } from '../duplex-pair.js';
import { ROLES, WirePeer, settled } from '../wire-peer.js';

/** Is the sending half alone. */
class Output extends SessionOutput<OutputOwner> {
  override isOver = false;

  /** Learns that the stream is gone. */
  end(): void {
    this.isOver = true;
    this.discardOutput();
  }

  override closedError(): ConnectionClosedError {
    return new ConnectionClosedError(1006, undefined, '', false);
  }

  override onDrain(): void {}
  override fail(): void {}
  override endSlowConsumer(): void {}
}

describe('SessionOutput', () => {
  const streams: PairEnd[] = [];

  afterEach(() => {
    for (const stream of streams.splice(0)) stream.destroy();
  });

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      function make(options: ConnectionOptions = {}): { output: Output; peer: WirePeer; stream: PairEnd } {
        const [stream, far] = duplexPair();
        streams.push(stream, far);
        const owner = { settings: connectionSettings(options), roleRules: ROLE_RULES[role] };
        const output = new Output(owner, stream, undefined);
        return { output, peer: new WirePeer(far, role === 'server' ? 'client' : 'server'), stream };
      }

      it('has one sender while something is under way, which another gets when that is over', async () => {
        const { output, peer } = make();
        const { output: other, peer: otherPeer } = make();
        const { sender } = output;
        const size = sender.sendPlain(1, 'a');
        expect(output.sender).to.equal(sender);
        expect([output.bytesSent, output.backlog > 0]).to.deep.equal([size, true]);
        await settled();
        expect([output.bytesSent, output.takenBytes, output.backlog]).to.deep.equal([size, size, 0]);
        expect([output.needsDrain, output.pongsDropped]).to.deep.equal([false, 0]);
        expect(other.sender).to.equal(sender);
        other.sender.sendPlain(1, 'b');
        output.sender.sendPlain(1, 'c');
        await settled();
        expect([output.bytesSent, other.bytesSent]).to.deep.equal([2 * size, size]);
        expect([peer.said(), otherPeer.said()]).to.deep.equal([['text "a"', 'text "c"'], ['text "b"']]);
      });

      it('returns its sender at the end of a turn', async () => {
        const { output, peer } = make();
        output.beginTurn();
        const { sender } = output;
        output.endTurn();
        const { output: other } = make();
        expect(other.sender).to.equal(sender);
        output.beginTurn();
        output.sender.answerPing(Buffer.from('x'));
        output.endTurn();
        await settled();
        expect(peer.said()).to.deep.equal(['pong "x"']);
      });

      it('keeps the count of pongs that it dropped, and gives it to nobody', async () => {
        const { output, stream } = make({ softBacklogBytes: 10 });
        stream.hold();
        output.sender.sendPlain(1, '0123456789');
        for (const text of ['1', '2', '3']) output.sender.answerPing(Buffer.from(text));
        await settled();
        stream.release();
        await settled();
        expect([output.backlog, output.needsDrain, output.pongsDropped]).to.deep.equal([0, false, 2]);
        const { output: other } = make();
        other.beginTurn();
        expect(other.pongsDropped).to.equal(0);
        other.endTurn();
      });

      it('returns its sender when somebody has waited, or has shared a message', async () => {
        const { output, peer } = make();
        const { sender } = output;
        await output.taken();
        const { output: other } = make();
        expect(other.sender).to.equal(sender);
        await other.taken();
        const message = new PreparedMessage('text', 'x');
        const size = output.sendLightly(message, true);
        expect(size).to.equal(role === 'server' ? 3 : 0);
        await settled();
        expect(peer.said()).to.deep.equal(role === 'server' ? ['text "x"'] : []);
      });

      it('fails those who wait at the end, and those who come later', async () => {
        const { output, stream } = make();
        stream.hold();
        output.sender.sendPlain(1, 'a');
        const fates = [output.taken()];
        output.end();
        fates.push(output.taken());
        const { output: unused } = make();
        unused.end();
        fates.push(unused.taken());
        for (const fate of await Promise.allSettled(fates))
          expect(fate).to.have.property('reason').instanceOf(ConnectionClosedError);
        const { output: other } = make();
        expect([output.sender, unused.sender]).to.not.include(other.sender);
      });
    });
  }
});
