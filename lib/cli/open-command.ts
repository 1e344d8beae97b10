import { HandshakeError, InvalidOptionError, WebSocketClient } from '../index.js';
import type { CommandLine } from './command-line.js';
import { ConnectionOutcome } from './connection-outcome.js';
import { ExitStatus, statusOfSignal, type StopSignal } from './exit-status.js';
import { readOpenOptions, type OpenOptions } from './open-options.js';
import { PipeSession } from './pipe-session.js';
import { printableText } from './printable-text.js';
import { colour, printError, printStatus } from './status-line.js';
import { onStopSignal } from './stop-signals.js';
import { TerminalSession } from './terminal-session.js';

/**
 * Runs `hawser open`: dials, then joins the connection to the terminal or the pipe until it is gone.
 * @returns the status to exit with.
 * @throws UsageError when the command line makes no sense.
 */
export async function openCommand(line: CommandLine): Promise<ExitStatus> {
  const options = readOpenOptions(line);
  const dialling = new AbortController();
  let stoppedBy: StopSignal | undefined;
  let stop = (_signal: StopSignal): void => dialling.abort();
  const release = onStopSignal((signal) => {
    stoppedBy ??= signal;
    stop(signal);
  });
  try {
    const connection = dial(options, dialling.signal);
    const outcome = new ConnectionOutcome(connection);
    await outcome.opened;
    const status = await converse(connection, outcome, options, (listener) => (stop = listener));
    return stoppedBy === undefined ? status : statusOfSignal(stoppedBy);
  } catch (error) {
    if (stoppedBy !== undefined) return statusOfSignal(stoppedBy);
    if (error instanceof InvalidOptionError) throw line.error(error.message);
    if (!(error instanceof HandshakeError)) throw error;
    reportHandshakeError(error);
    return ExitStatus.HANDSHAKE_FAILED;
  } finally {
    release();
  }
}

function dial(options: OpenOptions, signal: AbortSignal): WebSocketClient {
  return new WebSocketClient(options.url, {
    headers: options.headers,
    protocol: [...options.protocol],
    timeout: options.timeoutMs,
    keepalive: options.keepalive,
    signal,
    // At a terminal a person sees what hangs, and has Ctrl-C. A pipe waits for a slow server as long as it moves.
    ...(isInteractive() ? {} : { closeTimeoutMs: 15_000, closeTotalTimeoutMs: 2 ** 31 - 1 }),
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.insecure ? { rejectUnauthorized: false } : {}),
  });
}

/** Tells whether a person is at both ends, else it is a pipe. */
function isInteractive(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

async function converse(
  connection: WebSocketClient,
  outcome: ConnectionOutcome,
  options: OpenOptions,
  onStop: (stop: (signal: StopSignal) => void) => void,
): Promise<ExitStatus> {
  const session = isInteractive()
    ? new TerminalSession(connection, process.stdin, process.stdout, options)
    : new PipeSession(connection, process.stdin, process.stdout, {
        ...options,
        isShown: process.stdout.isTTY,
      });
  onStop((signal) => session.stop(signal));
  const tell = (text: string): void => {
    // Standard error may be a file while the prompt is on the terminal.
    if (session instanceof TerminalSession && process.stderr.isTTY)
      session.print(colour(process.stderr, 'dim', text));
    else printStatus(text);
  };
  if (isInteractive() || options.verbose) tell(describeConnection(connection));
  if (options.verbose) tellPings(connection, tell);
  await session.run();
  await outcome.gone;
  return conclude(session, outcome, isInteractive() || options.verbose);
}

function describeConnection(connection: WebSocketClient): string {
  const protocol = connection.protocol ? `, protocol ${printableText(connection.protocol)}` : '';
  return `connected to ${connection.url} (${connection.remoteAddress} port ${String(connection.remotePort)}${protocol})`;
}

function tellPings(connection: WebSocketClient, tell: (text: string) => void): void {
  connection.on('ping', (data) => tell(`ping${describePayload(data)}`));
  connection.on('pong', (data) => {
    const latency = connection.latency === undefined ? '' : ` after ${connection.latency.toFixed(1)} ms`;
    tell(`pong${describePayload(data)}${latency}`);
  });
  connection.on('timeout', (deadline) => tell(`timeout: ${deadline}`));
}

function describePayload(data: Buffer): string {
  return data.length === 0 ? '' : ` ${JSON.stringify(printableText(data.toString()))}`;
}

function conclude(
  session: PipeSession | TerminalSession,
  outcome: ConnectionOutcome,
  isTalkative: boolean,
): ExitStatus {
  const failure = session instanceof PipeSession ? session.failure : undefined;
  if (failure !== undefined && 'code' in failure && failure.code === 'EPIPE') return ExitStatus.READER_GONE;
  if (failure !== undefined) {
    printError(failure.message);
    return ExitStatus.FAILURE;
  }
  if (outcome.status !== ExitStatus.CLEAN) printError(outcome.description);
  else if (isTalkative) printStatus(outcome.description);
  return outcome.status;
}

/** Prints why there is no connection; the start of a refusal's body often says it best. */
function reportHandshakeError(error: HandshakeError): void {
  printError(printableText(error.message));
  if (error.stage === 'tls' && /certificate/.test(error.message)) {
    process.stderr.write('  --ca <file> trusts the certificates of a file, --insecure trusts any\n');
  }
  const body = error.body?.subarray(0, 400).toString().trim() ?? '';
  for (const text of body === '' ? [] : body.split('\n', 5))
    process.stderr.write(`  ${printableText(text)}\n`);
}
