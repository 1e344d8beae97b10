import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Maps what may be requested to what is sent; nothing else is ever read from the disk. */
const FILES = [
  { path: '/', name: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/style.css', name: 'style.css', type: 'text/css; charset=utf-8' },
  { path: '/page.js', name: 'page.js', type: 'text/javascript; charset=utf-8' },
  { path: '/icon.svg', name: 'icon.svg', type: 'image/svg+xml' },
] as const;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** Answers HTTP requests with the files of the demo page, which it holds in memory. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** Reads the files; they lie beside the sources, in the package too. */
  static async load(): Promise<PageFiles> {
    // lib/cli and dist/cli are equally deep.
    const folder = new URL('./page/', import.meta.url);
    const read = FILES.map(async ({ path, name, type }): Promise<[string, PageFile]> => {
      return [path, { type, content: await readFile(new URL(name, folder)) }];
    });
    return new PageFiles(new Map(await Promise.all(read)));
  }

  /** Answers one request. */
  respond(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const file = this.#files.get(path);
    if (file === undefined) {
      sendText(response, 404, 'Not found');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendText(response, 405, 'Method not allowed');
    } else {
      response.writeHead(200, {
        ...SECURITY_HEADERS,
        'cache-control': 'no-cache',
        'content-type': file.type,
        'content-length': file.content.length,
      });
      // For HEAD, Node leaves the body out by itself.
      response.end(file.content);
    }
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
