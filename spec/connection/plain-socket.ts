import { Socket } from 'node:net';

type Callback = (error?: Error | null) => void;

/** Is a plain socket without a network: it takes at once what is written, as the kernel does, until {@link PlainSocket.hold}. */
export interface PlainSocket {
  readonly socket: Socket;
  /** What was written and taken, buffer by buffer as they were given. */
  readonly taken: Buffer[];
  hold(): void;
  release(): void;
}

/** Makes a plain socket; not of a class of its own, which would tell that it is none. */
export function plainSocket(): PlainSocket {
  const socket = new Socket();
  const taken: Buffer[] = [];
  let isHeld = false;
  let pending: (() => void)[] = [];
  const take = (chunks: readonly Buffer[], callback: Callback): void => {
    const run = (): void => {
      taken.push(...chunks.filter(({ length }) => length > 0));
      callback();
    };
    if (isHeld) pending.push(run);
    else run();
  };
  socket._write = (chunk: Buffer, _encoding, callback) => take([chunk], callback);
  socket._writev = (chunks, callback) =>
    take(
      chunks.map(({ chunk }) => chunk as Buffer),
      callback,
    );
  socket._read = () => {};
  return {
    socket,
    taken,
    hold: () => (isHeld = true),
    release() {
      isHeld = false;
      const runs = pending;
      pending = [];
      for (const run of runs) run();
    },
  };
}
