/** Masks octets in memory of its own, faster than JavaScript can: a WebAssembly module with SIMD instructions. */
export interface SimdMask {
  /** Octets from address 0 on. */
  readonly memory: Uint8Array;
  /**
   * Masks the first octets of the memory.
   * @param length - how many; a multiple of {@link SIMD_STEP}.
   * @param key - masking key with its first octet in the lowest place.
   * @returns 0 if all resulting octets are ASCII.
   */
  readonly mask: (length: number, key: number) => number;
}

/** Is the part of the global that is used here; the types of Node do not have it. */
declare const WebAssembly: {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Octets that the module masks at a time. */
export const SIMD_STEP = 64;

// Assembled from simd-mask.wat by `npm run wasm`; `npm run wasm -- --check` compares.
const MODULE =
  'AGFzbQEAAAABBwFgAn9/AX8DAgEABQMBAAEHEQIGbWVtb3J5AgAEbWFzawAACpUBAZIBAgF/A3sgAf0RIQMCQANAIAIgAE8NASACIAMgAv0ABAD9USIE/QsEACAFIAT9UCEFIAIgAyAC/QAEEP1RIgT9CwQQIAUgBP1QIQUgAiADIAL9AAQg/VEiBP0LBCAgBSAE/VAhBSACIAMgAv0ABDD9USIE/QsEMCAFIAT9UCEFIAJBwABqIQIMAAsLIAX9ZEEARws=';

/** Loads the module. Returns undefined where WebAssembly, its SIMD instructions or the room for it are missing. */
export function loadSimdMask(): SimdMask | undefined {
  try {
    const module = new WebAssembly.Module(Buffer.from(MODULE, 'base64'));
    const { exports } = new WebAssembly.Instance(module);
    const { memory, mask } = exports as {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly mask: SimdMask['mask'];
    };
    return { memory: new Uint8Array(memory.buffer), mask };
  } catch {
    return undefined;
  }
}
