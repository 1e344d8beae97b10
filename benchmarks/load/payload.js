/** Cuts a text so that its UTF-8 has exactly so many octets, the last filled with spaces. */
function fit(text, size) {
  let octets = Buffer.from(text).subarray(0, size);
  // Not in the middle of a sequence.
  while (octets.length > 0 && !octets.equals(Buffer.from(octets.toString()))) octets = octets.subarray(0, -1);
  return Buffer.concat([octets, Buffer.alloc(size - octets.length, ' ')]);
}

const WORDS = 'Grüße von der Brücke, žluťoučký kůň, Ελλάδα, Привет мир, 海の日, 🚢 ahoj; ';

/** The same numbers in each run. */
function generator(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * bound);
  };
}

/** A list of records, as an API answers it. */
function records(size) {
  const random = generator(7);
  const names = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Tony', 'Frances'];
  const states = ['waiting', 'under way', 'delivered', 'returned'];
  const list = [];
  for (let id = 1; JSON.stringify(list).length < size; id++) {
    list.push({
      id: 100_000 + random(900_000),
      customer: `${names[random(names.length)]} ${String.fromCharCode(65 + random(26))}.`,
      state: states[random(states.length)],
      amount: random(1_000_000) / 100,
      position: { latitude: random(18_000) / 100 - 90, longitude: random(36_000) / 100 - 180 },
      updated: new Date(1_700_000_000_000 + random(10_000_000) * 1000).toISOString(),
    });
  }
  return JSON.stringify(list);
}

const MAKERS = {
  /** Octets that tell where they are. */
  octets: (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8))),
  ascii: (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => 0x20 + (i % 95))),
  unicode: (size) => fit(WORDS.repeat(Math.ceil(size / WORDS.length)), size),
  json: (size) => fit(records(size), size),
};

/** Makes a payload of a kind: `octets`, `ascii`, `unicode` or `json`. */
export function payload(content, size) {
  return MAKERS[content](size);
}
