/*
 * What a careless caller passes as data or as a reason.
 */

/** Is a call with one of the {@link ODD_VALUES}. */
export interface OddCall {
  readonly call: 'send' | 'write' | 'ping' | 'close';
  readonly name: string;
}

const OCTETS = Uint8Array.from({ length: 24 }, (_, index) => index + 1);

/** Cuts 16 octets out of a larger piece of memory. */
function view<T>(View: new (memory: ArrayBuffer, start: number, length: number) => T, size: number): T {
  return new View(Uint8Array.from(OCTETS).buffer, 8, 16 / size);
}

/** Is what each view shows: its own octets, and not those before it. */
export const SEEN = Buffer.from(OCTETS.subarray(8));

/** Gives memory away. */
function detached<T>(make: (memory: ArrayBuffer) => T): T {
  const memory = Uint8Array.from(OCTETS).buffer;
  const made = make(memory);
  structuredClone(memory, { transfer: [memory] });
  return made;
}

/** Makes each value anew. */
export const ODD_VALUES: Readonly<Record<string, () => unknown>> = {
  Buffer: () => Buffer.from(SEEN),
  Int8Array: () => view(Int8Array, 1),
  Uint8ClampedArray: () => view(Uint8ClampedArray, 1),
  Int16Array: () => view(Int16Array, 2),
  Uint32Array: () => view(Uint32Array, 4),
  Float32Array: () => view(Float32Array, 4),
  Float64Array: () => view(Float64Array, 8),
  BigUint64Array: () => view(BigUint64Array, 8),
  DataView: () => view(DataView, 1),
  ArrayBuffer: () => Uint8Array.from(SEEN).buffer,
  SharedArrayBuffer: () => {
    const memory = new SharedArrayBuffer(SEEN.length);
    new Uint8Array(memory).set(SEEN);
    return memory;
  },
  'detached ArrayBuffer': () => detached((memory) => memory),
  'detached view': () => detached((memory) => new Uint8Array(memory)),
  number: () => 4096,
  'large number': () => 2 ** 40,
  NaN: () => NaN,
  bigint: () => 16n,
  true: () => true,
  null: () => null,
  symbol: () => Symbol('octets'),
  object: () => ({ length: 4096 }),
  'object with toString': () => ({ toString: () => 'sixteen octets..' }),
  array: () => [...SEEN],
  'array of arrays': () => [[4096]],
  function: () => () => SEEN,
  Date: () => new Date(0),
  'boxed number': () => Object(4096) as unknown,
};

/** Tells what a call threw: a code, or the name of its class; `''` for nothing. */
export function tellOf(call: () => void): string {
  try {
    call();
    return '';
  } catch (error) {
    const { code, name } = error as Error & { code?: string };
    return code ?? name;
  }
}
