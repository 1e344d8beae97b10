import { expect } from 'chai';
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { anchorsOf, prose, readPage, readPages, root, type Page } from './documentation.js';

/** Lists the targets of a page's links that are no URLs. */
function relativeLinks(page: Page): string[] {
  return [...prose(page).matchAll(/\]\(([^()\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target));
}

/** Says what is wrong with a link; undefined if it leads somewhere. */
function fault(page: Page, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page.path : posix.join(posix.dirname(page.path), path);
  if (file.startsWith('..')) return 'leads out of the project';
  if (!existsSync(join(root, file))) return 'leads nowhere';
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md') || statSync(join(root, file)).isDirectory()) return 'has an anchor, but no page';
  return anchorsOf(readPage(file)).has(anchor) ? undefined : `has no heading #${anchor}`;
}

describe('the links of the documentation', () => {
  const pages = readPages();

  it('lead somewhere', () => {
    const links = pages.flatMap((page) => relativeLinks(page).map((target) => ({ page, target })));
    expect(links).to.have.length.above(50);
    const wrong = links.flatMap(({ page, target }) => {
      const what = fault(page, target);
      return what === undefined ? [] : [`${page.path}: ${target} ${what}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('reach every page from README.md', () => {
    const reached = new Set<string>();
    const waiting = ['README.md'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (reached.has(path) || !path.endsWith('.md') || !existsSync(join(root, path))) continue;
      reached.add(path);
      for (const target of relativeLinks(readPage(path))) {
        waiting.push(posix.join(posix.dirname(path), target.split('#')[0]!));
      }
    }
    const pagesReached = pages.map(({ path }) => path).filter((path) => reached.has(path));
    expect(pagesReached).to.deep.equal(pages.map(({ path }) => path));
  });
});
