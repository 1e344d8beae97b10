import { randomNumbers } from '../differential/payload.js';

/** Streams up to this many octets are cut at every pair of places. */
const SHORT = 150;
/** Pairs that are tried of longer streams, and places beside those around each header. */
const SAMPLES = 30;
/** How far around the start of a frame each place is tried: headers take up to 14 octets. */
const AROUND = 16;

/** Gives the places at which a stream of these frames is cut once: all, or of long streams the telling ones and some. */
export function singleCuts(frames: readonly Buffer[], seed: number): number[] {
  const length = lengthOf(frames);
  if (length <= SHORT) return Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
  const random = randomNumbers(seed);
  const places = new Set(Array.from({ length: SAMPLES }, () => 1 + random(length - 1)));
  let start = 0;
  for (const frame of frames) {
    for (let place = start - AROUND; place <= start + AROUND; place++) places.add(place);
    start += frame.length;
  }
  for (let place = length - AROUND; place < length; place++) places.add(place);
  return [...places].filter((place) => place > 0 && place < length).sort((a, b) => a - b);
}

/** Gives the pairs of places at which a stream is cut twice: all, or of long streams some, near headers mostly. */
export function doubleCuts(frames: readonly Buffer[], seed: number): (readonly [number, number])[] {
  const places = singleCuts(frames, seed);
  if (lengthOf(frames) <= SHORT)
    return places.flatMap((first, i) => places.slice(i + 1).map((second) => [first, second] as const));
  const random = randomNumbers(seed + 1);
  return Array.from({ length: SAMPLES }, () => {
    const [first, second] = [places[random(places.length)]!, places[random(places.length)]!];
    return first < second ? ([first, second] as const) : ([second, first] as const);
  }).filter(([first, second]) => first < second);
}

/** Gives the places that leave single octets. */
export function allCuts(frames: readonly Buffer[]): number[] {
  return Array.from({ length: Math.max(0, lengthOf(frames) - 1) }, (_, i) => i + 1);
}

function lengthOf(frames: readonly Buffer[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}

/** Gives so many of some things at most, spread evenly. */
export function sampleOf<T>(things: readonly T[], count: number): T[] {
  if (things.length <= count) return [...things];
  return Array.from({ length: count }, (_, i) => things[Math.floor((i * things.length) / count)]!);
}
