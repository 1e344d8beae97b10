import { expect } from 'chai';
import { ROLES, settled, unwire, wireUp } from '../wire-peer.js';

const TEXT = 'aé€👋z';

describe("Connection: `textAs: 'buffer'`", () => {
  afterEach(unwire);

  for (const role of ROLES) {
    describe(`in the ${role} role`, () => {
      it('emits utf8 and message with the octets of a text, and no text', async () => {
        const { connection, peer } = await wireUp(role, { textAs: 'buffer' });
        const seen: unknown[] = [];
        connection.on('utf8', (octets) => seen.push(['utf8', octets]));
        connection.on('message', (data, isBinary) => seen.push(['message', data, isBinary]));
        connection.on('text', () => seen.push('text'));
        peer.sendTexts(TEXT);
        await settled();
        expect(seen).to.deep.equal([
          ['utf8', Buffer.from(TEXT)],
          ['message', Buffer.from(TEXT), false],
        ]);
        expect(connection.counters.messagesReceived).to.equal(1);
      });

      it('keeps them for a listener of utf8 that comes late, and counts their octets', async () => {
        const { connection, peer } = await wireUp(role, { textAs: 'buffer', maxQueuedBytes: 4 });
        peer.sendTexts('123', '45');
        await settled();
        expect(connection.isReadingPaused).to.equal(true);
        const seen: string[] = [];
        connection.on('utf8', (octets) => seen.push(String(octets)));
        await settled();
        expect(seen).to.deep.equal(['123', '45']);
        expect(connection.isReadingPaused).to.equal(false);
      });

      it('calls the handler with the type utf8', async () => {
        const seen: unknown[] = [];
        const { peer } = await wireUp(role, {
          textAs: 'buffer',
          handler: (...[, type, message]) => {
            if (type !== 'connect') seen.push([type, message]);
          },
        });
        peer.sendTexts(TEXT);
        await settled();
        expect(seen).to.deep.equal([['utf8', Buffer.from(TEXT)]]);
      });

      it('gives them to the reader of the stream', async () => {
        const { connection, peer } = await wireUp(role, { textAs: 'buffer' });
        const seen: unknown[] = [];
        connection.on('data', (data) => seen.push(data));
        peer.sendTexts(TEXT);
        await settled();
        expect(seen).to.deep.equal([Buffer.from(TEXT)]);
      });
    });
  }

  it('is one of two words', async () => {
    const error = await wireUp('server', { textAs: 'bytes' as 'buffer' }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'ERR_WS_INVALID_OPTION');
  });
});
