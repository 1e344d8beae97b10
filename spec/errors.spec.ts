import { expect } from 'chai';
import { inspect } from 'node:util';
import {
  ConnectionClosedError,
  HandshakeError,
  type HandshakeStage,
  InvalidOptionError,
  InvalidStateError,
  LimitError,
  ProtocolError,
  WebSocketError,
} from '../lib/errors.js';

describe('errors', () => {
  const cause = new Error('the reason why');
  const each = {
    WebSocketError: new WebSocketError('w', 'ERR_WS_W', { cause }),
    HandshakeError: new HandshakeError('tls', 'h'),
    ProtocolError: new ProtocolError('p', 'ERR_WS_P', 1002),
    LimitError: new LimitError('maxMessageBytes', 10, 11, 1009, 'message too big'),
    ConnectionClosedError: new ConnectionClosedError(1006, undefined, '', false),
    InvalidStateError: new InvalidStateError('s'),
    InvalidOptionError: new InvalidOptionError('o', 1, 'a string'),
  };

  for (const [name, error] of Object.entries(each)) {
    describe(name, () => {
      it('is a WebSocketError and an Error', () => {
        expect(error).to.be.instanceOf(WebSocketError).and.instanceOf(Error);
        expect(error.code).to.match(/^ERR_WS[A-Z_]*$/);
      });

      it('goes by its own name in messages, stacks and inspection', () => {
        expect(error.name).to.equal(name);
        expect(String(error)).to.equal(`${name}: ${error.message}`);
        expect(error.stack).to.match(new RegExp(`^${name}: `));
        expect(inspect(error)).to.include(`code: '${error.code}'`);
        expect(Object.keys(error)).not.to.include('name');
      });

      it('can be renamed like any other error', () => {
        const copy = Object.create(error) as Error;
        copy.name = 'Renamed';
        expect(String(copy)).to.match(/^Renamed: /);
        expect(Object.keys(copy)).to.deep.equal([]);
        expect(error.name).to.equal(name);
      });
    });
  }

  it('of a closed connection have no stack trace, and leave those of others alone', () => {
    const limit = Error.stackTraceLimit;
    const { stack, name, message } = new ConnectionClosedError(1006, undefined, '', false, { cause });
    expect(stack).to.equal(`${name}: ${message}`);
    expect(Error.stackTraceLimit).to.equal(limit);
    expect(new InvalidStateError('s').stack).to.match(/\n {4}at /);
  });

  it('name their subclasses as well', () => {
    class SessionError extends InvalidStateError {}
    expect(new SessionError('x').name).to.equal('SessionError');
    expect(new SessionError('x').stack).to.match(/^SessionError: x/);
  });

  it('of the root carry the code and the cause that were given', () => {
    expect(each.WebSocketError).to.include({ message: 'w', code: 'ERR_WS_W', cause });
    expect(new WebSocketError('w').code).to.equal('ERR_WS');
    expect(new WebSocketError('w')).not.to.have.own.property('cause');
  });

  describe('HandshakeError', () => {
    for (const stage of ['dns', 'tcp', 'proxy', 'tls', 'http', 'validate'] satisfies HandshakeStage[]) {
      it(`says that it failed at ${stage}`, () => {
        const error = new HandshakeError(stage, 'm');
        expect(error).to.include({ stage, code: `ERR_WS_HANDSHAKE_${stage.toUpperCase()}` });
        expect([error.statusCode, error.headers, error.body, error.cause]).to.deep.equal(
          Array(4).fill(undefined),
        );
      });
    }

    it('keeps what is known of the response, and the cause', () => {
      const body = Buffer.from('no');
      const headers = { server: 'x' };
      const error = new HandshakeError('http', 'm', {
        statusCode: 403,
        headers,
        body,
        cause,
        code: 'ERR_WS_OTHER',
      });
      expect(error).to.include({ statusCode: 403, headers, body, cause, code: 'ERR_WS_OTHER' });
    });
  });

  it('ProtocolError carries the status code of our Close', () => {
    expect(each.ProtocolError).to.include({ message: 'p', code: 'ERR_WS_P', closeCode: 1002 });
  });

  it('LimitError says which limit, its value and what came', () => {
    expect(each.LimitError).to.include({
      message: 'message too big: 11, over the limit maxMessageBytes = 10',
      code: 'ERR_WS_LIMIT_MAX_MESSAGE_BYTES',
      limit: 'maxMessageBytes',
      value: 10,
      actual: 11,
      closeCode: 1009,
    });
  });

  describe('ConnectionClosedError', () => {
    it('tells both codes and the reason of the peer', () => {
      const error = new ConnectionClosedError(1000, 1001, 'bye', true);
      expect(error).to.include({
        message: 'the connection is closed (received 1000 "bye", sent 1001)',
        code: 'ERR_WS_CONNECTION_CLOSED',
        receivedCode: 1000,
        sentCode: 1001,
        reason: 'bye',
        wasClean: true,
      });
    });

    it('says so when no Close was sent', () => {
      expect(each.ConnectionClosedError.message).to.equal(
        'the connection is closed (received 1006, sent no Close)',
      );
      expect(each.ConnectionClosedError.sentCode).to.equal(undefined);
    });

    it('adds the message of its cause', () => {
      const error = new ConnectionClosedError(1006, 1002, '', false, { cause });
      expect(error.message).to.equal('the connection is closed (received 1006, sent 1002): the reason why');
      expect(error.cause).to.equal(cause);
      expect(new ConnectionClosedError(1006, 1002, '', false, { cause: 'text' }).cause).to.equal('text');
    });
  });

  it('InvalidStateError has a code of its own', () => {
    expect(each.InvalidStateError).to.include({ message: 's', code: 'ERR_WS_INVALID_STATE' });
  });

  describe('InvalidOptionError', () => {
    it('names the option, the value and what was expected', () => {
      const value = {};
      expect(new InvalidOptionError('handler', value, 'a function')).to.include({
        message: 'handler: expected a function, got an object',
        code: 'ERR_WS_INVALID_OPTION',
        option: 'handler',
        value,
        expected: 'a function',
      });
    });

    it('adds a hint', () => {
      expect(new InvalidOptionError('pign', 'x', 'nothing', 'did you mean ping?').message).to.equal(
        'pign: expected nothing, got "x"; did you mean ping?',
      );
    });

    const shown: [value: unknown, text: string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [true, 'true'],
      [NaN, 'NaN'],
      [-1.5, '-1.5'],
      [10n, '10n'],
      [Symbol('s'), 'Symbol(s)'],
      ['', '""'],
      ['a\n"b"', '"a\\n\\"b\\""'],
      ['x'.repeat(80), `"${'x'.repeat(80)}"`],
      ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
      [() => 1, 'a function'],
      [class {}, 'a function'],
      [[1, 2], 'an array of 2'],
      [new Date(), 'an object'],
    ];
    for (const [value, text] of shown) {
      it(`shows ${text}`, () => {
        expect(new InvalidOptionError('o', value, 'x').message).to.equal(`o: expected x, got ${text}`);
      });
    }

    it('does not call into the value', () => {
      const hostile = new Proxy(
        {},
        {
          get: () => {
            throw new Error('called');
          },
        },
      );
      expect(new InvalidOptionError('o', hostile, 'x').message).to.equal('o: expected x, got an object');
    });
  });
});
