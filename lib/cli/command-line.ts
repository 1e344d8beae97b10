import { parseArgs } from 'node:util';
import { suggestWord } from './suggestion.js';

/** Describes one option of a command: how it is parsed and what its help says. */
export interface OptionDefinition {
  /** Long name, without the dashes. */
  readonly name: string;
  /** Letter of the short form. */
  readonly short?: string;
  /** What the help calls the value; an option without one is a flag. */
  readonly value?: string;
  /** Lines of help. */
  readonly help: readonly string[];
}

/** Lists the options that every command has; whoever runs the commands obeys them. */
export const COMMON_OPTIONS: readonly OptionDefinition[] = [
  { name: 'help', short: 'h', help: ['print this help'] },
  { name: 'version', short: 'V', help: ['print the version'] },
];

/** Describes a command: how it is called and what its help says. */
export interface CommandDefinition {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Arguments as the usage line shows them. */
  readonly synopsis: string;
  readonly options: readonly OptionDefinition[];
  /** Paragraphs that follow the options in the help. */
  readonly notes: readonly string[];
}

/** Reports a command line that makes no sense; the process exits with 2 and points to the help. */
export class UsageError extends Error {
  /** Command whose help to point to; `undefined` for the program's own. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}

/** Holds the arguments of one command, checked against its definition. */
export class CommandLine {
  readonly #command: CommandDefinition;
  readonly #options: readonly OptionDefinition[];
  readonly #values = new Map<string, string[]>();
  /** Arguments that are no options, in order. */
  readonly positionals: readonly string[];

  /**
   * Parses `args` as the options and arguments of `command`.
   * @throws UsageError for an unknown option, a missing value or a value given to a flag.
   */
  constructor(command: CommandDefinition, args: readonly string[]) {
    this.#command = command;
    this.#options = [...command.options, ...COMMON_OPTIONS];
    const { tokens, positionals } = parseArgs({
      args: [...args],
      // Not strict, because the messages of the strict parser speak of JavaScript; the loop below is as strict.
      strict: false,
      allowPositionals: true,
      tokens: true,
      options: Object.fromEntries(this.#options.map((option) => [option.name, parserOption(option)])),
    });
    this.positionals = positionals;
    for (const token of tokens) {
      if (token.kind === 'option') this.#take(token.name, token.rawName, token.value, token.inlineValue);
    }
  }

  #take(name: string, rawName: string, value: string | undefined, inlineValue: boolean | undefined): void {
    const option = this.#options.find((candidate) => candidate.name === name);
    if (option === undefined) throw this.error(this.#unknownOption(rawName));
    if (option.value === undefined) {
      if (value !== undefined) throw this.error(`${rawName} takes no value, got "${value}"`);
      this.#values.set(name, []);
      return;
    }
    if (value === undefined) throw this.error(`${rawName} needs a value: ${rawName} ${option.value}`);
    if (inlineValue === false && /^-[^\d]/.test(value)) {
      throw this.error(`${rawName} needs a value; to give it "${value}", write --${name}=${value}`);
    }
    const earlier = this.#values.get(name);
    if (earlier === undefined) this.#values.set(name, [value]);
    else earlier.push(value);
  }

  #unknownOption(rawName: string): string {
    const names = this.#options.map((option) => `--${option.name}`);
    const suggestion = suggestWord(rawName, names);
    return `unknown option ${rawName}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
  }

  /** Tells whether the flag or option was given at all. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Gives all values of an option, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Gives the value of an option, the last one if there are several. */
  last(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /**
   * Gives the value of an option as a number within bounds.
   * @throws UsageError when it is none; `wanted` tells what it should have been.
   */
  number(name: string, wanted: string, accepts: (value: number) => boolean): number | undefined {
    const text = this.last(name);
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value) || !accepts(value)) throw this.error(`--${name} needs ${wanted}, got "${text}"`);
    return value;
  }

  /** Makes an error that points to the help of this command. */
  error(message: string): UsageError {
    return new UsageError(message, this.#command.name);
  }
}

function parserOption(option: OptionDefinition): {
  type: 'string' | 'boolean';
  multiple: true;
  short?: string;
} {
  return {
    type: option.value === undefined ? 'boolean' : 'string',
    multiple: true,
    ...(option.short === undefined ? {} : { short: option.short }),
  };
}
