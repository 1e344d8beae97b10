/*
 * UTF-8 as the table of RFC 3629 §4 has it. A text is judged by crossing out the rows that no longer fit, octet by
 * octet: no bits are looked at and no state is kept but the rows.
 */

type Range = readonly [lowest: number, highest: number];

const TAIL: Range = [0x80, 0xbf];

/** Lists the rows of RFC 3629 §4: UTF8-1, UTF8-2, UTF8-3 and UTF8-4. */
export const ROWS: readonly (readonly Range[])[] = [
  [[0x00, 0x7f]],
  [[0xc2, 0xdf], TAIL],
  [[0xe0, 0xe0], [0xa0, 0xbf], TAIL],
  [[0xe1, 0xec], TAIL, TAIL],
  [[0xed, 0xed], [0x80, 0x9f], TAIL],
  [[0xee, 0xef], TAIL, TAIL],
  [[0xf0, 0xf0], [0x90, 0xbf], TAIL, TAIL],
  [[0xf1, 0xf3], TAIL, TAIL, TAIL],
  [[0xf4, 0xf4], [0x80, 0x8f], TAIL, TAIL],
];

/** Says what the table makes of octets. */
export interface Judgement {
  /** Index of the first octet with which no text can go on; undefined when there is none. */
  readonly wrongAt: number | undefined;
  /** Whether the octets end where a character ends. */
  readonly isComplete: boolean;
}

/** Judges octets by the table. */
export function judge(octets: readonly number[]): Judgement {
  let candidates = ROWS;
  let place = 0;
  for (const [index, octet] of octets.entries()) {
    candidates = candidates.filter((row) => {
      const range = row[place];
      return range !== undefined && octet >= range[0] && octet <= range[1];
    });
    if (candidates.length === 0) return { wrongAt: index, isComplete: false };
    place += 1;
    if (candidates[0]!.length === place) {
      candidates = ROWS;
      place = 0;
    }
  }
  return { wrongAt: undefined, isComplete: place === 0 };
}

/**
 * Lists octets that stand for all 256. The ranges of the table, at any place of a row, cut the octets into fourteen
 * classes; two octets of a class are in the same ranges everywhere, so no text tells them apart. Both ends of each class
 * are here, so that a border which is off by one shows.
 */
export const REPRESENTATIVES: readonly number[] = representatives();

function representatives(): number[] {
  const borders = new Set([0x00, 0x100]);
  for (const [lowest, highest] of ROWS.flat()) borders.add(lowest).add(highest + 1);
  const ends = new Set<number>();
  for (const border of borders) {
    if (border > 0) ends.add(border - 1);
    if (border < 0x100) ends.add(border);
  }
  return [...ends].sort((left, right) => left - right);
}

/** Is one place of a sequence: which octets to try there. */
export type Choices = readonly number[];

/**
 * Walks over all sequences that take one octet of each of the choices, the shorter ones too. Behind a wrong octet it goes
 * no further, since nothing that follows can matter.
 */
export function* sequences(
  choices: readonly Choices[],
  begun: readonly number[] = [],
): Generator<readonly number[]> {
  const [here, ...rest] = choices;
  if (here === undefined) return;
  for (const octet of here) {
    const octets = [...begun, octet];
    yield octets;
    if (judge(octets).wrongAt === undefined) yield* sequences(rest, octets);
  }
}

/** Decodes octets that are UTF-8, by the bit patterns of RFC 3629 §3. */
export function decode(octets: readonly number[]): string {
  let text = '';
  let bits = '';
  for (const [index, octet] of octets.entries()) {
    const digits = octet.toString(2).padStart(8, '0');
    // Strips 0, 10, 110, 1110 or 11110: the bits up to the first 0.
    bits += digits.slice(digits.indexOf('0') + 1);
    if (((octets[index + 1] ?? 0) & 0xc0) === 0x80) continue;
    text += String.fromCodePoint(Number.parseInt(bits, 2));
    bits = '';
  }
  return text;
}
