import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CommandDefinition, CommandLine } from './command-line.js';
import { DemoServer } from './demo-server.js';
import { ExitStatus, statusOfSignal, type StopSignal } from './exit-status.js';
import { printError, printStatus } from './status-line.js';
import { onStopSignal } from './stop-signals.js';

/** Describes `hawser serve`. */
export const SERVE_COMMAND: CommandDefinition = {
  name: 'serve',
  summary: 'serve the demo: echo, chat rooms, a clock and a page that uses them',
  synopsis: '[options]',
  options: [
    {
      name: 'port',
      short: 'p',
      value: '<number>',
      help: ['listen on this port, 0 for any free one (default 8080)'],
    },
    { name: 'host', value: '<address>', help: ['listen on this address (default 127.0.0.1)'] },
  ],
  notes: [
    `What it serves:
  /             a page with a chat, an echo box and a table of the connections
  /echo         what you send comes back
  /chat/<room>  a chat room per path; subprotocol chat.text (lines, also without
                any) or chat.json (events); your name as ?name=...
  /clock        the time, every second
  /monitor      facts about every live connection as JSON, every second`,
    `Ctrl-C or SIGTERM stops listening, tells every connection that the server goes
away (1001), waits a few seconds for their answers and exits with 0. A second
signal exits at once.`,
  ],
};

/** How long connections may take to answer our Close, in milliseconds. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Runs `hawser serve` until a signal stops it.
 * @returns the status to exit with.
 * @throws UsageError when the command line makes no sense.
 */
export async function serveCommand(line: CommandLine): Promise<ExitStatus> {
  const [extra] = line.positionals;
  if (extra !== undefined) throw line.error(`serve takes no argument, got "${extra}"`);
  const port = line.number('port', 'a number from 0 to 65535', isPort) ?? 8080;
  const host = line.last('host') ?? '127.0.0.1';
  if (host === '') throw line.error('--host needs an address');

  const server = new DemoServer();
  let address: AddressInfo;
  try {
    address = await server.listen(port, host);
  } catch (error) {
    printError(describeListenError(error, port, host));
    return ExitStatus.FAILURE;
  }
  process.stdout.write(`${urlOf(address)}\n`);
  printStatus('Ctrl-C stops the server');
  await firstSignal();
  printStatus('draining; Ctrl-C again exits at once');
  await server.drain(DRAIN_TIMEOUT_MS);
  return ExitStatus.CLEAN;
}

/** Resolves at the first signal to stop; from then on another one ends the process. */
async function firstSignal(): Promise<void> {
  const stopped = new AbortController();
  onStopSignal((signal: StopSignal) => {
    if (stopped.signal.aborted) process.exit(statusOfSignal(signal));
    stopped.abort();
  });
  await once(stopped.signal, 'abort');
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function urlOf({ address, port, family }: AddressInfo): string {
  // A browser cannot open the address that stands for all addresses.
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${String(port)}/`;
}

function describeListenError(error: unknown, port: number, host: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `port ${String(port)} of ${host}`;
  if (code === 'EADDRINUSE') return `${where} is in use; choose another with --port`;
  if (code === 'EACCES') return `${where} may not be used by this user; choose another with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine; see --host`;
  return `cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`;
}
