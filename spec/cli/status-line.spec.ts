import { expect } from 'chai';
import sinon from 'sinon';
import { colour, printError, printStatus, wantsColour } from '../../lib/cli/status-line.js';

describe('status lines', () => {
  const { NO_COLOR, TERM } = process.env;

  beforeEach(() => {
    delete process.env['NO_COLOR'];
    process.env['TERM'] = 'xterm';
  });

  afterEach(() => {
    sinon.restore();
    for (const [name, value] of Object.entries({ NO_COLOR, TERM })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  it('are coloured at a terminal only', () => {
    expect(wantsColour({ isTTY: true })).to.equal(true);
    expect(wantsColour({ isTTY: false })).to.equal(false);
    expect(wantsColour({})).to.equal(false);
    expect(colour({ isTTY: true }, 'red', 'text')).to.equal('\u001b[31mtext\u001b[0m');
    expect(colour({}, 'red', 'text')).to.equal('text');
  });

  it('are not coloured when NO_COLOR is set, and not on a dumb terminal', () => {
    process.env['NO_COLOR'] = '';
    expect(wantsColour({ isTTY: true })).to.equal(true);
    process.env['NO_COLOR'] = '1';
    expect(wantsColour({ isTTY: true })).to.equal(false);
    delete process.env['NO_COLOR'];
    process.env['TERM'] = 'dumb';
    expect(wantsColour({ isTTY: true })).to.equal(false);
  });

  it('go to standard error', () => {
    process.env['NO_COLOR'] = '1';
    const written: string[] = [];
    sinon.stub(process.stderr, 'write').callsFake((text) => {
      written.push(String(text));
      return true;
    });
    printStatus('all is well');
    printError('man overboard');
    sinon.restore();
    expect(written).to.deep.equal(['all is well\n', 'hawser: man overboard\n']);
  });
});
