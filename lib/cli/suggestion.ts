/**
 * Finds the known word that was probably meant: the nearest one within two slips of the keyboard.
 * @returns the word, or `undefined` when none is near.
 */
export function suggestWord(typed: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  // Of a short word two slips leave nothing: `-x` is no misspelt `-v`.
  let bound = Math.min(2, Math.floor(typed.length / 2));
  for (const word of known) {
    if (typed.length >= 3 && word.startsWith(typed)) return word;
    const distance = slipsBetween(typed, word, bound);
    if (distance > bound) continue;
    nearest = word;
    bound = distance - 1;
  }
  return nearest;
}

/** Counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function slipsBetween(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) > bound) return bound + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let slips = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) slips = Math.min(slips, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(slips);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
