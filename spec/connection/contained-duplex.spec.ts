import { expect } from 'chai';
import { errorMonitor } from 'node:events';
import { ContainedDuplex } from '../../lib/connection/contained-duplex.js';
import { setLogger } from '../../lib/logging.js';
import { settled } from '../wire-peer.js';

/** Notes what it is told. */
class Contained extends ContainedDuplex {
  readonly ended: Error[] = [];
  readonly reported: Error[] = [];
  isReported = true;

  constructor() {
    super({ captureRejections: true, read() {} } as ConstructorParameters<typeof ContainedDuplex>[0]);
  }

  protected override endForListener(error: Error): void {
    this.ended.push(error);
  }

  protected override reportError(error: Error): boolean {
    this.reported.push(error);
    return this.isReported;
  }
}

describe('ContainedDuplex', () => {
  const thrown = new Error('ours');
  let stream: Contained;

  beforeEach(() => {
    stream = new Contained();
    setLogger({ debug() {}, info() {}, warn() {}, error() {} });
  });

  afterEach(() => setLogger(null));

  it('emits as other streams do', () => {
    const seen: unknown[] = [];
    stream.on('custom', (...args: unknown[]) => seen.push(args));
    expect(stream.emit('custom', 1, 2)).to.equal(true);
    expect(stream.emit('nobody')).to.equal(false);
    expect(seen).to.deep.equal([[1, 2]]);
  });

  it('ends for a listener that throws, and tells the caller nothing', () => {
    stream.on('custom', () => {
      throw thrown;
    });
    expect(stream.emit('custom')).to.equal(true);
    expect(stream.ended).to.deep.equal([thrown]);
  });

  it('ends for an asynchronous listener that rejects', async () => {
    stream.on('custom', (async () => {
      throw thrown;
    }) as () => void);
    stream.emit('custom');
    await settled(1);
    expect(stream.ended).to.deep.equal([thrown]);
  });

  it('makes an Error of anything else that is thrown', () => {
    stream.on('custom', () => {
      throw 'text';
    });
    stream.emit('custom');
    expect(stream.ended[0]).to.be.instanceOf(Error).with.property('message', 'a listener threw text');
    expect(stream.ended[0]?.cause).to.equal('text');
  });

  it('reports an error before its listeners hear of it', () => {
    const seen: unknown[] = [];
    stream.on('error', (error) => seen.push(error, ...stream.reported));
    expect(stream.emit('error', thrown)).to.equal(true);
    expect(seen).to.deep.equal([thrown, thrown]);
  });

  it('passes over an error that nobody listens to but the monitor, when it was reported', () => {
    const seen: unknown[] = [];
    expect(stream.emit('error', thrown)).to.equal(false);
    stream.on(errorMonitor, (error) => seen.push(error));
    expect(stream.emit('error', thrown)).to.equal(true);
    expect(seen).to.deep.equal([thrown]);
    expect(stream.ended).to.deep.equal([]);
  });

  it('throws it, as Node does, when it was not', () => {
    stream.isReported = false;
    expect(() => stream.emit('error', thrown)).to.throw(thrown);
    expect(stream.ended).to.deep.equal([]);
  });

  it('ends for a listener of error that throws', () => {
    stream.isReported = false;
    stream.on('error', () => {
      throw thrown;
    });
    expect(stream.emit('error', new Error('first'))).to.equal(true);
    expect(stream.ended).to.deep.equal([thrown]);
  });
});
