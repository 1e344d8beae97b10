import { randomFillSync } from 'node:crypto';
import { SIMD_STEP, loadSimdMask, type SimdMask } from './simd-mask.js';

/*
 * Masking (RFC 6455 §5.3): octet i of the payload is XORed with octet i mod 4 of the masking key. The same
 * operation masks and unmasks. Keys are int32 in network order here: the first octet is the most significant.
 */

// Below this length two typed-array views cost more than octets do; measured in benchmarks/.
const WORDS_FROM = 96;
// From this length on, a copy into WebAssembly's memory and back is cheaper than words; measured in benchmarks/.
const SIMD_FROM = 768;
// The same where source and target do not lie alike within a word, so that words cost a copy as well.
const SIMD_FROM_ASKEW = 192;

// From this length on, octets are copied to places that suit; measured in benchmarks/.
const ALIGNED_FROM = 8 * 1024;
// What is missing to a multiple of SIMD_STEP where memory of its own page begins behind what malloc notes there.
const MALLOC_GAP = 48;

// A key's four octets seen as one word of the host, so that no code depends on the host's byte order.
const keyOctets = new Uint8Array(4);
const keyWord = new Int32Array(keyOctets.buffer);

const keyPool = new Int32Array(2048);
let keysUsed = keyPool.length;

/**
 * Takes a fresh masking key from the cryptographic random number generator (RFC 6455 §5.3: "derived from a
 * strong source of entropy"). Octets are drawn 8 KiB at a time; none is handed out twice.
 *
 * @returns the key as int32 in network order
 */
export function nextMaskingKey(): number {
  // hot path: benchmarks/micro/mask
  if (keysUsed === keyPool.length) {
    randomFillSync(keyPool);
    keysUsed = 0;
  }
  return keyPool[keysUsed++]!;
}

/** Loaded when first needed; null where there is none. */
let simd: SimdMask | null | undefined;

/**
 * Copies octets from one buffer to another and masks them on the way; the source is left as it was. Source
 * and target may be the same octets, but must not overlap otherwise.
 *
 * @param source - octets to mask
 * @param sourceStart - index of the first one
 * @param target - where the masked octets go
 * @param targetStart - index of the first one there
 * @param length - number of octets
 * @param key - masking key, int32 in network order
 * @param offset - octets of the same payload that came before; default 0
 * @returns all resulting octets ORed together, as far as bit 7 (0x80) goes: it is set if, and only if, one of them is
 *   no ASCII
 */
export function applyMask(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  length: number,
  key: number,
  offset = 0,
): number {
  // hot path: benchmarks/micro/mask
  const rotated = rotate(key, offset);
  if (length < WORDS_FROM) return maskOctets(source, sourceStart, target, targetStart, length, rotated);
  const isAskew = ((source.byteOffset + sourceStart - target.byteOffset - targetStart) & 3) !== 0;
  if (length >= (isAskew ? SIMD_FROM_ASKEW : SIMD_FROM)) {
    if (simd === undefined) simd = loadSimdMask() ?? null;
    if (simd !== null) return maskBlocks(simd, source, sourceStart, target, targetStart, length, rotated);
  }
  return maskByWords(source, sourceStart, target, targetStart, length, rotated);
}

/**
 * Unmasks octets where they lie (or masks them: the operation is its own inverse).
 *
 * @param buffer - octets to change
 * @param start - index of the first one
 * @param end - index after the last one
 * @param key - masking key, int32 in network order
 * @param offset - octets of the same payload that came before
 * @returns as {@link applyMask}
 */
export function unmaskInPlace(
  buffer: Uint8Array,
  start: number,
  end: number,
  key: number,
  offset: number,
): number {
  return applyMask(buffer, start, buffer, start, end - start, key, offset);
}

/**
 * Masks by way of WebAssembly's memory, which is small enough to stay in the cache. It begins with a page, and copies
 * to an address up to 15 octets past that of the source within its page are ten times as slow: so the first octets go
 * by themselves, and the others to places that lie otherwise, however the allocator has aligned the target.
 */
function maskBlocks(
  { memory, mask }: SimdMask,
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  length: number,
  key: number,
): number {
  const head = length < ALIGNED_FROM ? 0 : (MALLOC_GAP - target.byteOffset - to) & (SIMD_STEP - 1);
  const rest = length - head;
  const end = length - (rest % SIMD_STEP);
  const bodyKey = rotate(key, head);
  const reversed = reverseKey(bodyKey);
  let or = maskOctets(source, from, target, to, head, key);
  for (let done = head; done < end; done += memory.length) {
    const count = Math.min(memory.length, end - done);
    memory.set(new Uint8Array(source.buffer, source.byteOffset + from + done, count));
    if (mask(count, reversed) !== 0) or |= 0x80;
    target.set(count === memory.length ? memory : memory.subarray(0, count), to + done);
  }
  return or | maskOctets(source, from + end, target, to + end, length - end, bodyKey);
}

/** Masks a word at a time. */
function maskByWords(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  length: number,
  key: number,
): number {
  const sourceAt = source.byteOffset + sourceStart;
  const targetAt = target.byteOffset + targetStart;
  if (((sourceAt ^ targetAt) & 3) !== 0) {
    target.set(source.subarray(sourceStart, sourceStart + length), targetStart);
    return maskByWords(target, targetStart, target, targetStart, length, key);
  }
  const head = -targetAt & 3;
  const words = (length - head) >>> 2;
  const done = head + (words << 2);
  // done and head differ by whole words: the key stands the same for both.
  const bodyKey = rotate(key, head);
  // A view per call: keeping it, in one slot or a WeakMap, saves next to nothing and could pin memory.
  const targetWords = new Int32Array(target.buffer, targetAt + head, words);
  const isInPlace = source === target && sourceStart === targetStart;
  const sourceWords = isInPlace ? targetWords : new Int32Array(source.buffer, sourceAt + head, words);
  return (
    maskOctets(source, sourceStart, target, targetStart, head, key) |
    maskWords(sourceWords, targetWords, bodyKey) |
    maskOctets(source, sourceStart + done, target, targetStart + done, length - done, bodyKey)
  );
}

/** Turns the key so that its first octet is the one due after `offset` octets of payload. */
function rotate(key: number, offset: number): number {
  const bits = (offset & 3) << 3;
  return (key << bits) | (key >>> (32 - bits));
}

/** Turns a key round: the first octet to the lowest place. */
function reverseKey(key: number): number {
  return (key >>> 24) | ((key >>> 8) & 0xff00) | ((key << 8) & 0xff0000) | (key << 24);
}

function maskOctets(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  length: number,
  key: number,
): number {
  const key0 = key >>> 24;
  const key1 = (key >>> 16) & 0xff;
  const key2 = (key >>> 8) & 0xff;
  const key3 = key & 0xff;
  const quads = length & ~3;
  let or = 0;
  let i = 0;
  for (; i < quads; i += 4) {
    or |=
      (target[to + i] = source[from + i]! ^ key0) |
      (target[to + i + 1] = source[from + i + 1]! ^ key1) |
      (target[to + i + 2] = source[from + i + 2]! ^ key2) |
      (target[to + i + 3] = source[from + i + 3]! ^ key3);
  }
  if (i < length) or |= target[to + i] = source[from + i]! ^ key0;
  if (i + 1 < length) or |= target[to + i + 1] = source[from + i + 1]! ^ key1;
  if (i + 2 < length) or |= target[to + i + 2] = source[from + i + 2]! ^ key2;
  return or;
}

function maskWords(source: Int32Array, target: Int32Array, key: number): number {
  keyOctets[0] = key >>> 24;
  keyOctets[1] = key >>> 16;
  keyOctets[2] = key >>> 8;
  keyOctets[3] = key;
  const word = keyWord[0]!;
  const length = target.length;
  const quads = length & ~3;
  let or = 0;
  let i = 0;
  for (; i < quads; i += 4) {
    or |=
      (target[i] = source[i]! ^ word) |
      (target[i + 1] = source[i + 1]! ^ word) |
      (target[i + 2] = source[i + 2]! ^ word) |
      (target[i + 3] = source[i + 3]! ^ word);
  }
  for (; i < length; i++) or |= target[i] = source[i]! ^ word;
  return (or | (or >>> 8) | (or >>> 16) | (or >>> 24)) & 0xff;
}
