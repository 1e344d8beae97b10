import { expect } from 'chai';
import { duplexPair } from 'node:stream';
import { ConnectionOutcome } from '../../lib/cli/connection-outcome.js';
import { ExitStatus } from '../../lib/cli/exit-status.js';
import { Connection, HandshakeError, WebSocketClient } from '../../lib/index.js';
import { connectionPair } from './connection-pair.js';

describe('ConnectionOutcome', () => {
  const table: [
    what: string,
    close: (server: Connection) => void,
    status: ExitStatus,
    description: RegExp,
  ][] = [
    ['1000', (server) => server.close(1000, 'Done'), ExitStatus.CLEAN, /^closed with 1000 "Done"$/],
    ['no code', (server) => server.close(1005), ExitStatus.CLEAN, /^closed without a code$/],
    ['1001', (server) => server.close(1001, ''), ExitStatus.CLOSED_WITH_CODE, /^closed with 1001$/],
    [
      'a reason that acts on terminals',
      (server) => server.close(4000, '\u001b[2J'),
      ExitStatus.CLOSED_WITH_CODE,
      /^closed with 4000 "\\\\x1b\[2J"$/,
    ],
    [
      'no Close',
      (server) => server.terminate(),
      ExitStatus.CONNECTION_BROKEN,
      /^the connection was lost without a closing handshake \(1006\)$/,
    ],
  ];
  for (const [what, close, status, description] of table) {
    it(`tells an end with ${what}`, async () => {
      const { client, server, end } = connectionPair();
      const outcome = new ConnectionOutcome(client);
      await outcome.opened;
      close(server);
      await outcome.gone;
      expect(outcome.status).to.equal(status);
      expect(outcome.description).to.match(description);
      await end();
    });
  }

  it('tells which rule the peer broke', async () => {
    const [stream, wire] = duplexPair();
    const client = Connection.takeover(stream, {});
    const outcome = new ConnectionOutcome(client);
    // An unknown opcode (RFC 6455 §5.2).
    wire.end(Buffer.from('8300', 'hex'));
    wire.resume();
    await outcome.gone;
    expect(outcome.status).to.equal(ExitStatus.CONNECTION_BROKEN);
    expect(outcome.description).to.match(/^the connection broke: .*opcode/);
  });

  it('rejects with the error of an opening handshake that failed', async () => {
    const client = new WebSocketClient('ws://127.0.0.1:1/', { signal: AbortSignal.abort() });
    const outcome = new ConnectionOutcome(client);
    const error = await outcome.opened.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(HandshakeError);
    await outcome.gone;
  });
});
