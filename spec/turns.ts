/** Milliseconds after which a wait is given up, so that a spec which fails does not run on. */
const PATIENCE_MS = 9_000;

/** Lets one turn of the event loop pass. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits until something holds, turn by turn. */
export async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`waited in vain until ${String(condition)}`);
    await turn();
  }
}
