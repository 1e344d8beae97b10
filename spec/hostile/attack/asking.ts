import { happens, reach } from './attacker.js';

/** Is what a victim has answered to a request, whatever it was. */
export interface Answered {
  /** 0 if there was no response. */
  readonly status: number;
  /** Values by lower-case name; of a doubled field the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** All octets, one a character. */
  readonly wire: string;
  /** Whether the victim has ended the connection. */
  readonly isEnded: boolean;
}

/** Sends a request, and waits for a 101, or until the victim has ended the connection, or the time is over. */
export async function ask(port: number, request: string, patience = 3_000): Promise<Answered> {
  const socket = await reach(port);
  const end = performance.now() + patience;
  let wire = '';
  let isEnded = false;
  socket.on('data', (chunk: Buffer) => (wire += chunk.toString('latin1')));
  socket.on('close', () => (isEnded = true));
  socket.write(Buffer.from(request, 'latin1'));
  const isOpen = (): boolean => wire.startsWith('HTTP/1.1 101') && wire.includes('\r\n\r\n');
  while (!isEnded && !isOpen() && performance.now() < end)
    await happens(socket, ['data', 'close'], end - performance.now());
  socket.destroy();
  const [line = '', ...fields] = wire.slice(0, wire.indexOf('\r\n\r\n')).split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 2),
    ]),
  );
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? 0), headers, wire, isEnded };
}

/** Sends requests, some at a time, each on a connection of its own. */
export async function askEach<T>(
  port: number,
  all: readonly T[],
  requestOf: (one: T) => string,
): Promise<[T, Answered][]> {
  const answers: [T, Answered][] = [];
  for (let at = 0; at < all.length; at += 50) {
    const some = all.slice(at, at + 50);
    answers.push(
      ...(await Promise.all(
        some.map(async (one) => [one, await ask(port, requestOf(one))] as [T, Answered]),
      )),
    );
  }
  return answers;
}
