#!/usr/bin/env node
import { CommandLine, UsageError, type CommandDefinition } from './command-line.js';
import { ExitStatus } from './exit-status.js';
import { openCommand } from './open-command.js';
import { OPEN_COMMAND } from './open-options.js';
import { serveCommand, SERVE_COMMAND } from './serve-command.js';
import { printError } from './status-line.js';
import { suggestWord } from './suggestion.js';
import { commandHelp, packageVersion, programHelp } from './usage.js';

interface Command {
  readonly definition: CommandDefinition;
  readonly run: (line: CommandLine) => Promise<ExitStatus>;
}

const COMMANDS: readonly Command[] = [
  { definition: OPEN_COMMAND, run: openCommand },
  { definition: SERVE_COMMAND, run: serveCommand },
];

const HELP: CommandDefinition = { name: 'help', summary: '', synopsis: '[command]', options: [], notes: [] };

async function run(args: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = args;
  switch (name) {
    case undefined:
      process.stderr.write(helpOfProgram());
      return ExitStatus.USAGE;
    case '-V':
    case '--version':
      process.stdout.write(`${packageVersion()}\n`);
      return ExitStatus.CLEAN;
    case '-h':
    case '--help':
    case 'help':
      return help(rest);
    default:
      return runCommand(findCommand(name), rest);
  }
}

function runCommand(
  { definition, run: runIt }: Command,
  args: readonly string[],
): ExitStatus | Promise<ExitStatus> {
  const line = new CommandLine(definition, args);
  if (line.has('help')) {
    process.stdout.write(commandHelp(definition));
    return ExitStatus.CLEAN;
  }
  if (line.has('version')) {
    process.stdout.write(`${packageVersion()}\n`);
    return ExitStatus.CLEAN;
  }
  return runIt(line);
}

function help(args: readonly string[]): ExitStatus {
  const [name, extra] = args;
  if (extra !== undefined) throw new UsageError(`help takes one command, got "${extra}" too`);
  const text =
    name === undefined || name === HELP.name ? helpOfProgram() : commandHelp(findCommand(name).definition);
  process.stdout.write(text);
  return ExitStatus.CLEAN;
}

function helpOfProgram(): string {
  return programHelp(COMMANDS.map(({ definition }) => definition));
}

function findCommand(name: string): Command {
  const command = COMMANDS.find(({ definition }) => definition.name === name);
  if (command !== undefined) return command;
  if (/^wss?:\/\//i.test(name))
    throw new UsageError(`unknown command "${name}"; did you mean hawser open ${name}?`);
  if (name.startsWith('-')) throw new UsageError(`unknown option ${name}; options follow the command`);
  const suggestion = suggestWord(name, [...COMMANDS.map(({ definition }) => definition.name), HELP.name]);
  throw new UsageError(
    `unknown command "${name}"${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`,
  );
}

/** Runs the program; whatever goes wrong becomes one line and a status. */
async function main(): Promise<void> {
  try {
    const status = await run(process.argv.slice(2));
    // Who was told to stop does not wait for a write that nobody takes.
    if (status > 128) process.exit(status);
    process.exitCode = status;
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    process.exitCode = ExitStatus.FAILURE;
    if (error instanceof UsageError) {
      const command = error.command === undefined ? '' : ` ${error.command}`;
      process.stderr.write(`Try 'hawser help${command}'.\n`);
      process.exitCode = ExitStatus.USAGE;
    }
  }
}

await main();
