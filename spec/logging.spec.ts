import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { text } from 'node:stream/consumers';
import sinon from 'sinon';
import { InvalidOptionError } from '../lib/errors.js';
import { log, LOG_LEVELS, type Logger, loglevel, logs, setLogger } from '../lib/logging.js';

describe('logging', () => {
  let printed: sinon.SinonStub;
  let lines: string[];

  beforeEach(() => {
    lines = [];
    printed = sinon.stub(fs, 'writeSync').callsFake((fd: number, line: unknown) => {
      expect(fd).to.equal(2);
      return lines.push(String(line));
    });
  });

  afterEach(() => {
    printed.restore();
    setLogger(null);
    loglevel('error');
  });

  /** Makes a logger of the shape of pino, which writes into `entries`. */
  function record() {
    const entries: unknown[][] = [];
    const method = (level: string) => (fields: object, message: string) =>
      void entries.push([level, fields, message]);
    const logger: Logger = {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
    };
    return { entries, logger, method };
  }

  describe('loglevel (websocket(n): loglevel)', () => {
    it('is error at first', () => {
      expect(loglevel()).to.equal('error');
    });

    for (const [index, level] of LOG_LEVELS.entries()) {
      it(`${level} lets ${LOG_LEVELS.slice(index).join(', ')} through`, () => {
        const { entries, logger, method } = record();
        setLogger({ ...logger, notice: method('notice') });
        expect(loglevel(level)).to.equal(level);
        expect(loglevel()).to.equal(level);
        for (const each of LOG_LEVELS) log(each, 'said', { level: each });
        expect(entries).to.deep.equal(LOG_LEVELS.slice(index).map((each) => [each, { level: each }, 'said']));
        expect(LOG_LEVELS.filter(logs)).to.deep.equal(LOG_LEVELS.slice(index));
      });
    }

    it('refuses what is no level, and keeps the one in force', () => {
      loglevel('warn');
      for (const bad of ['warning', 'WARN', '', null, 3, {}]) {
        expect(() => loglevel(bad as never))
          .to.throw(InvalidOptionError)
          .with.property('option', 'loglevel');
      }
      expect(loglevel()).to.equal('warn');
    });
  });

  describe('setLogger', () => {
    it('gives notices to info where the logger has no notice', () => {
      const { entries, logger } = record();
      setLogger(logger);
      loglevel('notice');
      log('notice', 'well');
      log('info', 'not wanted');
      expect(entries).to.deep.equal([['info', {}, 'well']]);
    });

    it('calls the methods on the logger', () => {
      class Counter implements Logger {
        count = 0;
        debug() {}
        info() {}
        warn() {}
        error() {
          this.count++;
        }
      }
      const counter = new Counter();
      setLogger(counter);
      log('error', 'once');
      expect(counter.count).to.equal(1);
      expect(lines).to.deep.equal([]);
    });

    it('refuses a logger that lacks a method, and keeps the one in force', () => {
      const { entries, logger } = record();
      setLogger(logger);
      for (const bad of [
        undefined,
        {},
        { ...logger, warn: undefined },
        { ...logger, error: 'x' },
        5,
        console.log,
      ]) {
        expect(() => setLogger(bad as never)).to.throw(InvalidOptionError, 'logger.');
      }
      log('error', 'still here');
      expect(entries).to.have.lengthOf(1);
    });

    it('restores the one that prints when given null', () => {
      setLogger(record().logger);
      setLogger(null);
      log('error', 'printed');
      expect(lines).to.have.lengthOf(1);
    });
  });

  describe('a logger that fails', () => {
    it('by throwing harms nobody', () => {
      const { logger } = record();
      setLogger({
        ...logger,
        error: () => {
          throw new Error('disk full');
        },
      });
      log('error', 'lost');
      expect(lines.join()).to.match(/ hawser error: the logger failed err="Error: disk full/);
    });

    it('by rejecting harms nobody', async () => {
      const { logger } = record();
      setLogger({ ...logger, error: () => Promise.reject(new Error('disk full')) as never });
      log('error', 'lost');
      await Promise.resolve();
      await Promise.resolve();
      expect(lines.join()).to.match(/ hawser error: the logger failed err="Error: disk full/);
    });
  });

  describe('printing', () => {
    const fact = (value: unknown) => {
      lines = [];
      log('error', 'm', { value });
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.match(/^[^\r\n]+\n$/);
      return /value=(.*)\n$/.exec(lines[0] ?? '')?.[1];
    };

    it('takes one line with the time, the level, the sentence and the facts', () => {
      loglevel('debug');
      for (const level of LOG_LEVELS) log(level, 'a sentence', { port: 80, name: 'a b' });
      expect(
        lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, 'TIME')),
      ).to.deep.equal(LOG_LEVELS.map((level) => `TIME hawser ${level}: a sentence port=80 name="a b"\n`));
    });

    it('shows any value on that line', () => {
      expect(fact('line\nfeed')).to.equal('"line\\nfeed"');
      expect(fact({ a: 1, b: 'x\ny' })).to.equal("{ a: 1, b: 'x\\ny' }");
      expect(fact(undefined)).to.equal('undefined');
      expect(fact(null)).to.equal('null');
      expect(fact(5n)).to.equal('5n');
      expect(fact(Symbol('s'))).to.equal('Symbol(s)');
      expect(fact(function named() {})).to.equal('[Function: named]');
      expect(fact(new Error('gone'))).to.match(/^"Error: gone\\n {4}at /);
      const stackless = new Error('gone');
      delete stackless.stack;
      expect(fact(stackless)).to.equal('"gone"');
    });

    it('keeps large and circular values short', () => {
      const circular: Record<string, unknown> = {
        deep: { deeper: { deepest: 1 } },
        octets: Buffer.alloc(1e6),
      };
      circular['self'] = circular;
      circular['errors'] = Array.from({ length: 100 }, () => new Error('x'.repeat(1000)));
      expect(fact(circular)).to.have.length.below(40_000);
      expect(fact(circular)).not.to.include('deepest');
      expect(fact({ text: 'x'.repeat(1e6) })).to.have.length.below(400);
    });

    /** Runs a program of its own that logs two entries once its standard input has ended. */
    function logElsewhere() {
      const script = `
        import { log } from ${JSON.stringify(new URL('../lib/logging.js', import.meta.url).href)};
        process.stdin.resume().once('end', () => {
          log('error', 'first');
          log('error', 'second');
          setTimeout(() => console.log('alive'), 10);
        });
        console.log('ready');`;
      return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    }

    it('goes to standard error', async () => {
      const child = logElsewhere();
      child.stdin.end();
      const [said, reported] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      expect(said).to.equal('ready\nalive\n');
      expect(reported).to.match(/^\S+ hawser error: first\n\S+ hawser error: second\n$/);
    });

    it('to a standard error that nobody reads any more ends no process', async () => {
      const child = logElsewhere();
      await once(child.stdout, 'data');
      child.stderr.destroy();
      await once(child.stderr, 'close');
      child.stdin.end();
      expect(await text(child.stdout)).to.equal('alive\n');
      expect(await once(child, 'close')).to.deep.equal([0, null]);
    });
  });
});
