import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { HandshakeError, WebSocketClient } from '../../lib/index.js';
import { PathServer } from './path-server.js';
import { describeClient, describeServer } from './peer-suite.js';
import { PeerProgram } from './peer-program.js';
import { need, startServer, tcl, titleOf } from './peers.js';

describeClient(tcl);
describeServer(tcl);

describe(titleOf(tcl), function () {
  this.timeout(60_000);

  before(function () {
    need(this, tcl);
  });

  afterEach(() => PeerProgram.endAll());

  it('runs the example of its manual against our echo', async () => {
    const server = await PathServer.start();
    try {
      const example = fileURLToPath(new URL('peers/websocket-example.tcl', import.meta.url));
      const program = new PeerProgram('tclsh', [example, `${server.url}echo`]);
      const { connection, headers, ending } = await server.next();
      await program.note(/^Connected on sock/);
      expect(await program.note(/^client from /)).to.match(/^client from \S+ to \S+$/);
      await program.note(/^RECEIVED: Testing, testing\.\.\.$/);
      // It offers no subprotocol with an empty field, which counts as none.
      expect(headers['sec-websocket-protocol']).to.equal('');
      expect(connection.protocol).to.equal('');
      await program.end();
      expect(await ending).to.deep.equal({ code: 1006, reason: '', wasClean: false });
    } finally {
      await server.end();
    }
  });

  it('fails a request without a subprotocol, which our client tells as a HandshakeError', async () => {
    const server = await startServer(tcl);
    const error = await WebSocketClient.open(`${server.url}echo`).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(HandshakeError);
    expect(error).to.include({ stage: 'http', statusCode: 500 });
    expect((await server.program.event('failed'))['message']).to.match(/"protocols" not known/);
  });
});
