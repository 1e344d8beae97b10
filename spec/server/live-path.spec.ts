import { expect } from 'chai';
import { connectionSettings } from '../../lib/connection/connection-options.js';
import { InvalidOptionError } from '../../lib/errors.js';
import { LivePath } from '../../lib/server/live-path.js';

describe('LivePath', () => {
  const make = (
    path: unknown,
    protocol?: unknown,
    remove: (live: LivePath) => boolean = () => true,
  ): LivePath =>
    new LivePath({
      server: undefined,
      path: path as string,
      handler: undefined,
      protocol: protocol as string,
      settingsFor: (handler) => connectionSettings({ handler }),
      remove,
    });

  it('matches paths by its glob', () => {
    const live = make('/chat/[a-c]?*');
    expect(
      ['/chat/ax', '/chat/c/x/y', '/chat/a', '/chat/dx', 'x/chat/ax'].map((path) => live.matchesPath(path)),
    ).to.deep.equal([true, true, false, false, false]);
  });

  it('matches what is offered when one subprotocol does, or none is offered', () => {
    const live = make('/', 'chat.*');
    expect(live.matchesProtocols(['x', 'chat.v1'])).to.be.true;
    expect(live.matchesProtocols(['x', 'Chat.v1'])).to.be.false;
    expect(live.matchesProtocols([])).to.be.true;
    expect(make('/').matchesProtocols(['x'])).to.be.true;
  });

  it('chooses the first subprotocol that matches', () => {
    const live = make('/', '*.v?');
    expect(live.selectProtocol(['a', 'b.v2', 'c.v1'])).to.equal('b.v2');
    expect(live.selectProtocol(['a'])).to.equal('');
    expect(live.selectProtocol([])).to.equal('');
  });

  it('is removed by whoever made it', () => {
    const removed: LivePath[] = [];
    const live = make('/', '*', (own) => removed.push(own) === 1);
    expect(live.remove()).to.be.true;
    expect(live.remove()).to.be.false;
    expect(removed).to.deep.equal([live, live]);
  });

  it('refuses globs that are no strings', () => {
    for (const glob of [undefined, null, 5, /x/, ['/']])
      expect(() => make(glob), String(glob)).to.throw(InvalidOptionError, /^path/);
    for (const glob of [null, 5, /x/, ['p']])
      expect(() => make('/', glob), String(glob)).to.throw(InvalidOptionError, /^protocol/);
  });
});
