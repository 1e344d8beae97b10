/*
 * The child's end of the talk with its parent: a line of JSON each way. Standard input and output, because Node, Bun
 * and Deno all have them.
 */
import process from 'node:process';

/** What the parent wants this process to be. */
export const order = JSON.parse(process.argv[2]);

/** Sends something to the parent. */
export function tell(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Ends this process in a way that the parent can show. */
export function fail(error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
  setTimeout(() => process.exit(1), 50);
}

/** Tells the parent that this peer cannot do what the order asks for, and why. */
export function decline(reason) {
  tell({ declined: reason });
}

/** Answers each command with what the function of that name returns; ends with the parent. */
export function answer(commands) {
  let text = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (piece) => {
    text += piece;
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) {
      const { command, ...details } = JSON.parse(line);
      Promise.resolve()
        .then(() => commands[command](details))
        .then((result) => tell({ result: result ?? {} }), fail);
    }
  });
  process.stdin.on('end', () => process.exit());
}
