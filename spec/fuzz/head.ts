/** Is the head of an HTTP message, as Node hands it over. */
export interface Head {
  /** The parts of the first line. */
  readonly line: readonly string[];
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/**
 * Reads the head of a message, one line for each field. It judges less than Node does, so that what comes through is
 * more than what a stranger can bring.
 */
export function readHead(input: Buffer): Head {
  const [line = '', ...fields] = input.toString('latin1').split('\n');
  const rawHeaders = fields
    .filter((field) => field.includes(':'))
    .flatMap((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')];
    });
  return { line: line.split(' '), rawHeaders };
}
