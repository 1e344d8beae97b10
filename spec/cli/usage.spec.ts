import { expect } from 'chai';
import { OPEN_COMMAND } from '../../lib/cli/open-options.js';
import { SERVE_COMMAND } from '../../lib/cli/serve-command.js';
import { commandHelp, packageVersion, programHelp } from '../../lib/cli/usage.js';

describe('help', () => {
  it('lists the commands of the program', () => {
    const help = programHelp([OPEN_COMMAND, SERVE_COMMAND]);
    expect(help).to.match(/^Usage: hawser <command> \[options\]\n/);
    expect(help).to.match(/^ {2}open +open a WebSocket/m);
    expect(help).to.match(/^ {2}help \[command\] +print/m);
    expect(help).to.match(/^ {2}-V, --version +print the version\n$/m);
  });

  for (const command of [OPEN_COMMAND, SERVE_COMMAND]) {
    it(`of ${command.name} shows every option, and fits into 88 columns`, () => {
      const help = commandHelp(command);
      expect(help).to.match(new RegExp(`^Usage: hawser ${command.name} `));
      for (const { name, short } of command.options) {
        expect(help).to.match(
          new RegExp(`^ {2}${short === undefined ? '    ' : `-${short}, `}--${name}( |\n)`, 'm'),
        );
      }
      expect(help).to.match(/^ {2}-h, --help /m);
      expect(help.endsWith('\n')).to.equal(true);
      for (const line of help.split('\n')) expect(line.length, line).to.be.at.most(88);
    });
  }
});

describe('packageVersion', () => {
  it('is a version', () => {
    expect(packageVersion()).to.match(/^\d+\.\d+\.\d+/);
  });
});
