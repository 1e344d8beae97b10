import { expect } from 'chai';
import {
  ClosingState,
  afterCloseReceived,
  afterCloseSent,
  isClosing,
  mayReceive,
  maySend,
} from '../../lib/protocol/closing-state.js';

const { CONNECTING, OPEN, CLOSE_SENT, CLOSE_RECEIVED, CLOSE_COMPLETE, CLOSED } = ClosingState;

/** What RFC 6455 §7 makes of each state: after our Close, after the peer's, and what may still happen. */
const TABLE = [
  { state: CONNECTING, sent: CONNECTING, received: CONNECTING, send: false, receive: false, closing: false },
  { state: OPEN, sent: CLOSE_SENT, received: CLOSE_RECEIVED, send: true, receive: true, closing: false },
  {
    state: CLOSE_SENT,
    sent: CLOSE_SENT,
    received: CLOSE_COMPLETE,
    send: false,
    receive: true,
    closing: true,
  },
  {
    state: CLOSE_RECEIVED,
    sent: CLOSE_COMPLETE,
    received: CLOSE_RECEIVED,
    send: false,
    receive: false,
    closing: true,
  },
  {
    state: CLOSE_COMPLETE,
    sent: CLOSE_COMPLETE,
    received: CLOSE_COMPLETE,
    send: false,
    receive: false,
    closing: true,
  },
  { state: CLOSED, sent: CLOSED, received: CLOSED, send: false, receive: false, closing: true },
] as const;

describe('ClosingState (RFC 6455 §7)', () => {
  it('has six states, each in the table', () => {
    expect(TABLE.map(({ state }) => state)).to.deep.equal(Object.values(ClosingState));
    expect(new Set(Object.values(ClosingState)).size).to.equal(6);
  });

  for (const { state, sent, received, send, receive, closing } of TABLE) {
    const [name] = Object.entries(ClosingState).find(([, value]) => value === state)!;

    describe(name, () => {
      it('goes where a Close leads', () => {
        expect([afterCloseSent(state), afterCloseReceived(state)]).to.deep.equal([sent, received]);
      });

      it('says what may still happen', () => {
        expect([maySend(state), mayReceive(state), isClosing(state)]).to.deep.equal([send, receive, closing]);
      });
    });
  }
});
