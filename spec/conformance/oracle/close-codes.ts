/** Says what is to become of a status code. */
export interface CodeRange {
  readonly first: number;
  readonly last: number;
  /** Whether a Close frame may carry it. */
  readonly onTheWire: boolean;
  readonly source: string;
}

/** Divides all values of a Close frame's first two octets, by RFC 6455 §7.4 and the registry it has set up. */
export const CODE_RANGES: readonly CodeRange[] = [
  { first: 0, last: 999, onTheWire: false, source: '§7.4.2: "0-999 are not used"' },
  { first: 1000, last: 1003, onTheWire: true, source: '§7.4.1: normal, going away, protocol error, data' },
  { first: 1004, last: 1004, onTheWire: false, source: '§7.4.1: reserved, "meaning might be defined"' },
  { first: 1005, last: 1006, onTheWire: false, source: '§7.4.1: "MUST NOT be set as a status code"' },
  { first: 1007, last: 1011, onTheWire: true, source: '§7.4.1: payload, policy, too big, extension, error' },
  { first: 1012, last: 1014, onTheWire: true, source: 'IANA: service restart, try again later, bad gateway' },
  { first: 1015, last: 1015, onTheWire: false, source: '§7.4.1: "MUST NOT be set as a status code"' },
  { first: 1016, last: 2999, onTheWire: false, source: '§7.4.2: reserved for this protocol and extensions' },
  { first: 3000, last: 3999, onTheWire: true, source: '§7.4.2: for libraries, frameworks and applications' },
  { first: 4000, last: 4999, onTheWire: true, source: '§7.4.2: "reserved for private use"' },
  { first: 5000, last: 65535, onTheWire: false, source: '§7.4.2: nothing is said of them' },
];

/** Tells whether a Close frame may carry a status code. */
export function mayBeOnTheWire(code: number): boolean {
  const ranges = CODE_RANGES.filter(({ first, last }) => code >= first && code <= last);
  if (ranges.length !== 1) throw new RangeError(`the table has ${ranges.length} rows for ${code}`);
  return ranges[0]!.onTheWire;
}
