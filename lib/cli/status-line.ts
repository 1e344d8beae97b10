const COLOURS = { dim: 2, red: 31, green: 32, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;

/** Tells whether escape sequences are welcome on a stream (https://no-color.org). */
export function wantsColour(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Colours text for a stream, if it is a terminal that wants colours. */
export function colour(stream: { readonly isTTY?: boolean }, name: Colour, text: string): string {
  return wantsColour(stream) ? `\u001b[${String(COLOURS[name])}m${text}\u001b[0m` : text;
}

/** Prints a line about what the program does on standard error, where no pipe picks it up. */
export function printStatus(text: string): void {
  process.stderr.write(`${colour(process.stderr, 'dim', text)}\n`);
}

/** Prints an error on standard error, with the program's name in front. */
export function printError(text: string): void {
  process.stderr.write(`${colour(process.stderr, 'red', 'hawser:')} ${text}\n`);
}
