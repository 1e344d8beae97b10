import { expect } from 'chai';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { claimStream, isDuplex } from '../../lib/connection/stream-claim.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';

function streamOf(options: ConstructorParameters<typeof Duplex>[0] = {}): Duplex {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, callback) {
      callback();
    },
    ...options,
  });
}

describe('claimStream', () => {
  it('claims any Duplex of bytes, once', () => {
    for (const stream of [streamOf(), new PassThrough()]) {
      claimStream(stream);
      expect(() => claimStream(stream)).to.throw(InvalidStateError, 'already');
    }
  });

  it('claims a connected socket', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [net.Socket];
    claimStream(far);
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
  });

  it('refuses what is no Duplex', () => {
    for (const value of [
      undefined,
      null,
      5,
      'stream',
      {},
      () => {},
      new Readable(),
      new Writable(),
      new EventTarget(),
    ]) {
      expect(() => claimStream(value)).to.throw(InvalidOptionError, /^stream: expected a Duplex of bytes/);
    }
  });

  it('refuses a Duplex of objects, in either direction', () => {
    for (const options of [
      { objectMode: true },
      { readableObjectMode: true },
      { writableObjectMode: true },
    ]) {
      expect(() => claimStream(streamOf(options))).to.throw(InvalidOptionError, /^stream: .* not of objects/);
    }
  });

  it('refuses a Duplex that was told to decode its octets', () => {
    const stream = streamOf();
    stream.setEncoding('utf8');
    expect(() => claimStream(stream)).to.throw(InvalidOptionError, /^stream: .* setEncoding/);
  });

  it('refuses a Duplex that is not open in both directions', async () => {
    const ended = streamOf();
    ended.end();
    const finished = streamOf();
    finished.push(null);
    finished.resume();
    await once(finished, 'end');
    const destroyed = streamOf();
    destroyed.destroy();
    for (const stream of [ended, finished, destroyed]) {
      expect(() => claimStream(stream)).to.throw(InvalidStateError, 'not open in both directions');
    }
  });

  it('claims nothing that it refuses', () => {
    const stream = streamOf();
    Object.defineProperty(stream, 'readableObjectMode', { value: true, configurable: true });
    expect(() => claimStream(stream)).to.throw(InvalidOptionError);
    Object.defineProperty(stream, 'readableObjectMode', { value: false });
    claimStream(stream);
  });
});

describe('isDuplex', () => {
  it('goes by what a stream can do, not by its class', () => {
    const foreign = { on() {}, write() {}, pipe() {}, pause() {} };
    expect([isDuplex(foreign), isDuplex(streamOf()), isDuplex(new PassThrough())]).to.deep.equal([
      true,
      true,
      true,
    ]);
  });

  it('misses none of what it takes', () => {
    for (const name of ['on', 'write', 'pipe', 'pause']) {
      const foreign = { on() {}, write() {}, pipe() {}, pause() {}, [name]: undefined };
      expect(isDuplex(foreign), name).to.equal(false);
    }
    for (const value of [undefined, null, 'text', 5, () => {}, {}, []])
      expect(isDuplex(value)).to.equal(false);
  });
});
