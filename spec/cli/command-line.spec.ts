import { expect } from 'chai';
import { CommandLine, UsageError, type CommandDefinition } from '../../lib/cli/command-line.js';

const COMMAND: CommandDefinition = {
  name: 'moor',
  summary: 'make fast',
  synopsis: '[options] <bollard>',
  options: [
    { name: 'line', short: 'l', value: '<length>', help: ['how long'] },
    { name: 'quick', short: 'q', help: ['hurry'] },
  ],
  notes: [],
};

/** Parses arguments that make no sense, and returns the complaint. */
function complaint(...args: string[]): string {
  try {
    new CommandLine(COMMAND, args);
  } catch (error) {
    if (error instanceof UsageError && error.command === 'moor') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('CommandLine', () => {
  it('reads options before, between and after the arguments', () => {
    const line = new CommandLine(COMMAND, ['-q', 'north', '--line', '5', 'south', '--line=7']);
    expect(line.positionals).to.deep.equal(['north', 'south']);
    expect(line.has('quick')).to.equal(true);
    expect(line.all('line')).to.deep.equal(['5', '7']);
    expect(line.last('line')).to.equal('7');
  });

  it('tells what was not given', () => {
    const line = new CommandLine(COMMAND, []);
    expect(line.has('quick')).to.equal(false);
    expect(line.all('line')).to.deep.equal([]);
    expect(line.last('line')).to.equal(undefined);
    expect(line.number('line', 'metres', () => true)).to.equal(undefined);
  });

  it('takes everything behind -- as arguments', () => {
    expect(new CommandLine(COMMAND, ['--', '--line', '-q']).positionals).to.deep.equal(['--line', '-q']);
  });

  it('takes a value that begins with a dash where nobody can mistake it', () => {
    expect(new CommandLine(COMMAND, ['--line=-x']).last('line')).to.equal('-x');
    expect(new CommandLine(COMMAND, ['--line', '-3']).last('line')).to.equal('-3');
    expect(new CommandLine(COMMAND, ['--line', '-']).last('line')).to.equal('-');
  });

  it('has --help and --version in every command', () => {
    const line = new CommandLine(COMMAND, ['-h', '--version']);
    expect(line.has('help')).to.equal(true);
    expect(line.has('version')).to.equal(true);
  });

  const complaints: [args: string[], message: string][] = [
    [['--lin'], 'unknown option --lin; did you mean --line?'],
    [['--anchor'], 'unknown option --anchor'],
    [['-x'], 'unknown option -x'],
    [['--line'], '--line needs a value: --line <length>'],
    [['-l'], '-l needs a value: -l <length>'],
    [['--line', '--quick'], '--line needs a value; to give it "--quick", write --line=--quick'],
    [['--quick=yes'], '--quick takes no value, got "yes"'],
    [['--__proto__'], 'unknown option --__proto__'],
  ];
  for (const [args, message] of complaints) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(complaint(...args)).to.equal(message);
    });
  }

  describe('number', () => {
    const isShort = (value: number): boolean => value < 10;

    it('reads numbers within the bounds', () => {
      expect(new CommandLine(COMMAND, ['-l', '2.5']).number('line', 'metres below 10', isShort)).to.equal(
        2.5,
      );
    });

    for (const text of ['10', 'abc', '', ' ', '5m', 'NaN']) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        const line = new CommandLine(COMMAND, [`--line=${text}`]);
        expect(() => line.number('line', 'metres below 10', isShort)).to.throw(
          UsageError,
          `--line needs metres below 10, got "${text}"`,
        );
      });
    }
  });
});
