import { expect } from 'chai';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PageFiles } from '../../lib/cli/page-files.js';

describe('PageFiles', () => {
  let server: Server;

  before(async () => {
    const files = await PageFiles.load();
    server = createServer((incoming, response) => files.respond(incoming, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after((done) => {
    server.close(done);
  });

  /** Asks for exactly this target: `fetch` would resolve the dots away. */
  async function ask(path: string, method = 'GET'): Promise<{ response: IncomingMessage; body: string }> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ response, body }));
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  const served: [path: string, type: string, content: string][] = [
    ['/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/?room=1', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/style.css', 'text/css; charset=utf-8', ':root'],
    ['/page.js', 'text/javascript; charset=utf-8', 'WebSocket'],
    ['/icon.svg', 'image/svg+xml', '<svg'],
  ];
  for (const [path, type, content] of served) {
    it(`serves ${path}`, async () => {
      const { response, body } = await ask(path);
      expect(response.statusCode).to.equal(200);
      expect(response.headers['content-type']).to.equal(type);
      expect(response.headers['x-content-type-options']).to.equal('nosniff');
      expect(body).to.contain(content);
    });
  }

  it('allows nothing but what comes from itself', async () => {
    const { response, body } = await ask('/');
    const policy = String(response.headers['content-security-policy']);
    for (const directive of policy.split('; ')) expect(directive).to.match(/^[a-z-]+ '(?:self|none)'$/);
    expect(policy).to.contain("default-src 'none'");
    // What the policy would refuse is not on the page.
    expect(body).not.to.match(/https?:\/\/|<style|style=|<script(?![^>]* src="\/page\.js")|\son[a-z]+=/);
  });

  const unknown = [
    '/../main.ts',
    '/page/../../main.ts',
    '/%2e%2e/main.ts',
    '//etc/passwd',
    '/index.html',
    '/__proto__',
  ];
  for (const path of unknown) {
    it(`answers ${path} with 404`, async () => {
      expect((await ask(path)).response.statusCode).to.equal(404);
    });
  }

  it('answers HEAD without a body, and other methods with 405', async () => {
    const head = await ask('/', 'HEAD');
    expect(head.response.statusCode).to.equal(200);
    expect(Number(head.response.headers['content-length'])).to.be.above(100);
    expect(head.body).to.equal('');
    const post = await ask('/', 'POST');
    expect(post.response.statusCode).to.equal(405);
    expect(post.response.headers.allow).to.equal('GET, HEAD');
  });
});
