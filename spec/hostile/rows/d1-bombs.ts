import { deflateRawSync } from 'node:zlib';
import { clientFrame, upgraded } from '../attack/attacker.js';
import { inMebibytes, MEBIBYTE } from '../process-memory.js';
import type { Row } from '../row.js';
import { Victim } from '../victim.js';

const COUNT = 20;

/** Makes 100 MiB of nothing, compressed as RFC 7692 §7.2.1 says. */
function bomb(): Buffer {
  return deflateRawSync(Buffer.alloc(100 * MEBIBYTE)).subarray(0, -4);
}

export const bombs: Row = {
  id: 'D1',
  peer: `${COUNT} send 100 KB that inflate to 100 MiB each`,
  must: '+64 MiB at most for all; 1009',
  async run(library) {
    const victim = await Victim.listen(library, { behaviour: 'count', options: { perMessageDeflate: true } });
    const sockets = await Promise.all(
      Array.from({ length: COUNT }, () =>
        upgraded(victim.port, { fields: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } }),
      ),
    );
    const before = victim.memory().resident;
    const frame = clientFrame(0xc2, bomb());
    for (const socket of sockets) socket.resume().write(frame);
    const facts = await victim.factsOnce(
      ({ events, messages }) => (events['close 1006'] ?? 0) + messages >= COUNT,
      20_000,
    );
    const growth = victim.memory().peak - before;
    for (const socket of sockets) socket.destroy();
    await victim.end();
    return {
      held: growth <= 64 * MEBIBYTE && facts.messages === 0,
      figure: `+${inMebibytes(growth)}, ${facts.messages} delivered`,
    };
  },
};
