import { expect } from 'chai';
import { OPEN_COMMAND } from '../../lib/cli/open-options.js';
import { SERVE_COMMAND } from '../../lib/cli/serve-command.js';
import { commandHelp } from '../../lib/cli/usage.js';
import { codeBlocks, readPage } from './documentation.js';

const manifest = JSON.parse(readPage('package.json').text) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};

describe('docs/guide/command-line.md', () => {
  const blocks = codeBlocks(readPage('docs/guide/command-line.md')).filter(
    ({ language }) => language === 'text',
  );

  for (const command of [OPEN_COMMAND, SERVE_COMMAND]) {
    it(`shows the help of hawser ${command.name}`, () => {
      expect(blocks.map(({ text }) => text)).to.include(commandHelp(command));
    });
  }
});

describe('README.md', () => {
  const page = readPage('README.md');
  const commands = codeBlocks(page)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text);

  for (const script of ['demo', 'test']) {
    it(`gives the command for a fresh machine in a block of its own: ${script}`, () => {
      const command = script === 'test' ? 'npm test' : `npm run ${script}`;
      expect(commands).to.include(`npm ci && ${command}\n`);
      expect(manifest.scripts).to.have.property(script);
    });
  }

  it('names the versions of Node.js that package.json asks for', () => {
    expect(page.text).to.include(`\`${manifest.engines.node}\``);
  });
});
