/*
 * A position in the pattern is a state; all states that the subject can be in are followed at once. That bounds the
 * work by pattern × subject whatever the pattern. Going back to the last star alone would not do here: in Tcl
 * `[xa-]b]` means `xb]` as well as `a`, so what follows a set depends on the member that matched.
 */

/**
 * Tells whether the whole of `subject` matches a glob, exactly as `string match` of Tcl 8.6 does:
 * `*` any run of characters and `?` any one (both cross `/`), `[a-z]` one of a set, `\x` the character `x`.
 * Inside a set nothing escapes and nothing negates, reversed ranges match, and the closing bracket may be missing.
 * Case matters. An astral character is one, as it is in Tcl until `string index` and its like have seen it.
 *
 * Source: websocket(n): live, find; string(n): match.
 */
export function globMatch(pattern: string, subject: string): boolean {
  const symbols = Array.from(pattern);
  let states = new Set([0]);
  if (passStars(symbols, states)) return true;
  for (const char of subject) {
    const next = new Set<number>();
    for (const at of states) {
      const after = symbols[at] === '*' ? at : step(symbols, at, char);
      if (after !== -1) next.add(after);
    }
    if (next.size === 0) return false;
    if (passStars(symbols, next)) return true;
    states = next;
  }
  return states.has(symbols.length);
}

/** Adds what is reached because a star may match nothing; returns true for a star that ends the pattern. */
function passStars(symbols: readonly string[], states: Set<number>): boolean {
  for (const at of states) {
    if (symbols[at] !== '*') continue;
    if (at === symbols.length - 1) return true;
    states.add(at + 1);
  }
  return false;
}

/** Returns where the pattern goes on after one character of the subject, -1 if it does not match. */
function step(symbols: readonly string[], at: number, char: string): number {
  switch (symbols[at]) {
    case '?':
      return at + 1;
    case '[':
      return stepSet(symbols, at + 1, char);
    case '\\':
      return symbols[at + 1] === char ? at + 2 : -1;
    default:
      return symbols[at] === char ? at + 1 : -1;
  }
}

/** Returns where the pattern goes on after the set whose members begin at `at`, -1 if none matches. */
function stepSet(symbols: readonly string[], at: number, char: string): number {
  for (let member = at; member < symbols.length && symbols[member] !== ']'; member++) {
    const start = symbols[member]!;
    if (symbols[member + 1] === '-') member += 2;
    if (isBetween(char, start, symbols[member])) {
      const close = symbols.indexOf(']', member + 1);
      return close === -1 ? symbols.length : close + 1;
    }
  }
  return -1;
}

/** Tells whether a character is in the range of two others, in whatever order; an open range has nobody in it. */
function isBetween(char: string, start: string, end: string | undefined): boolean {
  if (end === undefined) return false;
  const [point, first, last] = [char.codePointAt(0)!, start.codePointAt(0)!, end.codePointAt(0)!];
  return (first <= point && point <= last) || (last <= point && point <= first);
}
