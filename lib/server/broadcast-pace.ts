/** Broadcasts of this turn, and of the last turn that had any. */
let now = 0;
let before = 0;

/**
 * Counts a broadcast, and tells whether it is likely to be the only one of its turn: then it costs least when it goes
 * to each socket right away, while several are cheaper together, at the end of the turn.
 */
export function isAloneInTurn(): boolean {
  if (now === 0) process.nextTick(endTurn);
  now += 1;
  return now === 1 && before < 2;
}

function endTurn(): void {
  before = now;
  now = 0;
}
