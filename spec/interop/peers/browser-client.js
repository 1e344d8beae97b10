/*
 * Client for a browser's own WebSocket, evaluated in a page. `takeSteps` takes the steps of ../adapter.ts that a page
 * can take (it can send neither fragments nor pings), and resolves to what happened.
 */
globalThis.takeSteps = async (url, protocols, steps) => {
  const events = [];
  const received = [];
  let wake = () => {};

  const socket = new WebSocket(url, protocols);
  socket.binaryType = 'arraybuffer';
  const opened = new Promise((resolve) => (socket.onopen = () => resolve(true)));
  const closed = new Promise((resolve) => {
    socket.onclose = ({ code, reason, wasClean }) => {
      events.push({ event: 'disconnect', code, reason, wasClean });
      resolve(false);
    };
  });
  socket.onmessage = ({ data }) => {
    received.push(data);
    wake();
  };
  if (!(await Promise.race([opened, closed]))) return events;
  events.push({ event: 'connect', protocol: socket.protocol, extensions: socket.extensions });

  async function next() {
    while (received.length === 0) await new Promise((resolve) => (wake = resolve));
    const data = received.shift();
    return typeof data === 'string' ? data : new Uint8Array(data);
  }

  /** Gives ASCII in lines that are alike. */
  function log(length) {
    let text = '';
    for (let line = 0; text.length < length; line++) text += `line ${line} of the log: made fast\n`;
    return text.slice(0, length);
  }

  function message(kind, argument) {
    if (kind === 'text' || kind === 'receive') return argument;
    if (kind === 'log') return log(Number(argument));
    if (kind === 'table') return new TextEncoder().encode(log(Number(argument)));
    if (kind === 'binary') return Uint8Array.from(argument.match(/../g), (octet) => parseInt(octet, 16));
    if (kind !== 'octets') throw new Error(`no such step: ${kind}`);
    const octets = new Uint8Array(Number(argument));
    // More are not to be had at once.
    for (let at = 0; at < octets.length; at += 65_536)
      crypto.getRandomValues(octets.subarray(at, at + 65_536));
    return octets;
  }

  for (const step of steps) {
    const [, kind, argument] = /^(\w+):?(.*)$/s.exec(step);
    if (kind === 'close') {
      const [code, reason] = argument.split(':');
      socket.close(Number(code), reason);
    } else if (kind === 'closed') {
      await closed;
    } else {
      const due = message(kind, argument);
      if (kind !== 'receive') socket.send(due);
      const came = await next();
      const isSame =
        came.length === due.length &&
        (typeof due === 'string' ? came === due : due.every((octet, index) => came[index] === octet));
      if (!isSame) throw new Error(`${step.slice(0, 40)}: what came is not what was due`);
      const octets = typeof due === 'string' ? new TextEncoder().encode(due).length : due.length;
      events.push({ event: 'echo', kind, octets });
    }
  }
  socket.close();
  await closed;
  return events;
};
