import { readFileSync } from 'node:fs';
import { COMMON_OPTIONS, type CommandDefinition, type OptionDefinition } from './command-line.js';

/** Renders the help of one command. */
export function commandHelp(command: CommandDefinition): string {
  return [
    `Usage: hawser ${command.name} ${command.synopsis}`,
    '',
    sentence(command.summary),
    '',
    'Options:',
    ...columns([...command.options, ...COMMON_OPTIONS].map((option) => [optionLabel(option), option.help])),
    ...command.notes.flatMap((note) => ['', note]),
    '',
  ].join('\n');
}

/** Renders the help of the program: its commands and where to read on. */
export function programHelp(commands: readonly CommandDefinition[]): string {
  return [
    'Usage: hawser <command> [options]',
    '',
    'WebSocket connections, made fast.',
    '',
    'Commands:',
    ...columns(commands.map((command) => [command.name, [command.summary]])),
    ...columns([['help [command]', ['print the help of a command']]]),
    '',
    'Options:',
    ...columns(COMMON_OPTIONS.map((option) => [optionLabel(option), option.help])),
    '',
  ].join('\n');
}

/** Tells the version of the package that this program belongs to. */
export function packageVersion(): string {
  // lib/cli and dist/cli are equally deep, so this holds for the sources and for the package.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function optionLabel(option: OptionDefinition): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
}

function columns(rows: readonly (readonly [label: string, lines: readonly string[]])[]): string[] {
  const width = 26;
  return rows.flatMap(([label, lines]) =>
    lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(width)} ${line}`),
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
