import { expect } from 'chai';
import type { Duplex } from 'node:stream';
import sinon, { type SinonFakeTimers } from 'sinon';
import { LastResponses, endWithResponse } from '../../lib/server/last-response.js';
import { duplexPair } from '../duplex-pair.js';
import { RawPeer } from '../raw-peer.js';
import { turn } from '../turns.js';

describe('LastResponses', () => {
  let near: Duplex;
  let far: Duplex;
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    [near, far] = duplexPair();
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
    clock.restore();
  });

  it('writes the response and ends; the stream goes with the client', async () => {
    const responses = new LastResponses();
    const peer = new RawPeer(near);
    responses.send(far, Buffer.from('bye'));
    expect([...responses.streams]).to.deep.equal([far]);
    await peer.ended();
    expect(peer.received.toString()).to.equal('bye');
    near.end();
    await turn();
    expect(far.destroyed).to.be.true;
    expect(responses.streams.size).to.equal(0);
    expect(clock.countTimers()).to.equal(0);
  });

  it('throws away what the client still sends', async () => {
    const peer = new RawPeer(near);
    endWithResponse(far, Buffer.from('bye'));
    for (let i = 0; i < 50; i++) peer.send(Buffer.alloc(10_000));
    await peer.ended();
    near.end();
    await turn();
    await turn();
    expect(far.destroyed).to.be.true;
  });

  it('gives a client two seconds that neither reads nor leaves', async () => {
    const responses = new LastResponses();
    responses.send(far, Buffer.alloc(100_000));
    await turn();
    clock.tick(1_999);
    expect(far.destroyed).to.be.false;
    clock.tick(1);
    expect(far.destroyed).to.be.true;
    await turn();
    expect(responses.streams.size).to.equal(0);
  });

  it('never throws: not for an error of the stream, nor for one that is ended or gone', async () => {
    const responses = new LastResponses();
    responses.send(far, Buffer.from('bye'));
    far.destroy(new Error('reset'));
    await turn();
    responses.send(far, Buffer.from('bye'));
    expect(responses.streams.size).to.equal(0);
    expect(clock.countTimers()).to.equal(0);
    const [, other] = duplexPair();
    other.end();
    await turn();
    responses.send(other, Buffer.from('bye'));
    await turn();
    other.destroy();
    await turn();
    expect(responses.streams.size).to.equal(0);
  });
});
