import { certificates } from '../../certificates.js';
import { RawServer, type Asked } from '../../client/raw-server.js';
import { SECURE } from '../../loopback.js';
import { Victim } from '../victim.js';
import type { Row } from '../row.js';

const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization'];
const HEADERS = {
  Authorization: 'Basic c2VjcmV0',
  Cookie: 'session=secret',
  'Proxy-Authorization': 'Basic c2VjcmV0',
};

const redirect =
  (to: () => string) =>
  ({ socket }: Asked): void =>
    void socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to()}\r\nContent-Length: 0\r\n\r\n`);

const elsewhere: Row = {
  id: 'H12',
  peer: 'redirects our client to another origin',
  must: 'credentials stay behind',
  async run(library) {
    const there = await RawServer.listen(({ socket }) =>
      socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    );
    const here = await RawServer.listen(redirect(() => there.url()));
    const victim = await Victim.start(library, { behaviour: 'echo' });
    await victim.dial(here.url(), { followRedirects: true, headers: HEADERS });
    await victim.factsOnce(({ closed }) => closed > 0);
    await victim.end();
    await here.close();
    await there.close();
    const sent = CREDENTIALS.filter((name) => there.asked[0]?.headers[name] !== undefined);
    const isHere = CREDENTIALS.every((name) => here.asked[0]?.headers[name] !== undefined);
    return {
      held: isHere && there.asked.length === 1 && sent.length === 0,
      figure: sent.length === 0 ? `${there.asked.length} request, without` : `sends ${sent.join(', ')}`,
    };
  },
};

const downgrade: Row = {
  id: 'H12b',
  peer: 'redirects our client from wss to ws',
  must: 'refused',
  async run(library) {
    const plain = await RawServer.listen(({ socket }) =>
      socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    );
    const secure = await RawServer.listen(
      redirect(() => plain.url()),
      SECURE,
    );
    const victim = await Victim.start(library, { behaviour: 'echo' });
    const { ca } = await certificates();
    await victim.dial(secure.url(), { followRedirects: true, ca });
    await victim.factsOnce(({ closed }) => closed > 0);
    await victim.end();
    await secure.close();
    await plain.close();
    return {
      held: secure.asked.length === 1 && plain.asked.length === 0,
      figure: plain.asked.length === 0 ? 'refused' : 'followed',
    };
  },
};

const loop: Row = {
  id: 'H12c',
  peer: 'redirects our client in a loop',
  must: '10 hops, and an error',
  removal: {
    file: 'client/websocket-client.ts',
    code: '++this.#redirects > maxRedirects',
    instead: 'false',
  },
  async run(library) {
    const server: RawServer = await RawServer.listen(redirect(() => server.url()));
    const victim = await Victim.start(library, { behaviour: 'echo' });
    await victim.dial(server.url(), { followRedirects: true });
    const { closed } = await victim.factsOnce((facts) => facts.closed > 0, 3_000);
    const hops = server.asked.length - 1;
    await victim.end();
    await server.close();
    return { held: closed === 1 && hops === 10, figure: `${hops} hops` };
  },
};

export const redirects: readonly Row[] = [elsewhere, downgrade, loop];
