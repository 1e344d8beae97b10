import { compareWithModel } from '../../differential/comparison.js';
import type { ReceivingRole } from '../../differential/outcome.js';
import { hexes, type Target } from '../target.js';

const MESSAGE_LIMITS = [Infinity, 0, 1, 125, 126, 300];
const EMPTY_LIMITS = [1024, 0, 1, 3];

/**
 * Gives the frames of a stranger to the receiver in some role, cut at some places, and compares what it makes of them
 * with the model of RFC 6455. Two octets before the frames say how the receiver is configured and where the cuts are.
 */
export function framesTarget(role: ReceivingRole): Target {
  const isMasked = role === 'server';
  const frames = hexes(
    ...[
      '8100',
      '0100',
      '8000',
      '820548656c6c6f',
      '0105c3a4e282ac',
      '80026869',
      '8900',
      '8a00',
      '8800',
      '880203e8',
    ],
    ...[
      '880203e7',
      '817e0000',
      '827e0100',
      '827f0000000000000001',
      '827f8000000000000000',
      '8179',
      'c101aa',
      '8b00',
    ],
    ...['0900', '8101ff', '0102c3a4', '0101c3', '8001a4', '88050bb8627965', '8201', 'f09f9a80', 'eda080'],
  ).map((frame) => (isMasked ? masked(frame) : frame));
  return {
    name: `${role}-frames`,
    title: `frames that the ${role} receives`,
    seeds: frames.map((frame) => Buffer.concat([Buffer.alloc(2), frame])),
    words: frames,
    maxLength: 512,
    run(input) {
      const [settings = 0, cutting = 0] = input;
      const octets = input.subarray(2);
      const { events, end, rules } = compareWithModel({
        octets,
        cuts: cutsOf(cutting, octets.length),
        options: {
          role,
          maxMessageBytes: MESSAGE_LIMITS[settings % MESSAGE_LIMITS.length]!,
          maxEmptyFragments: EMPTY_LIMITS[(settings >> 3) % EMPTY_LIMITS.length]!,
          fragments: settings >= 128,
        },
      });
      const kinds = events.map((event) => event.slice(0, 2));
      return [settings >= 128, ...kinds.slice(0, 5), end.split(' ', 2).join(' '), ...rules].join(' ');
    },
  };
}

/** Sets the mask bit of a frame, with 00000000 for the key. */
function masked(frame: Buffer): Buffer {
  const length = frame[1] ?? 0;
  const head = length === 126 ? 4 : length === 127 ? 10 : 2;
  return Buffer.concat([
    Buffer.of(frame[0]!, length | 0x80),
    frame.subarray(2, head),
    Buffer.alloc(4),
    frame.subarray(head),
  ]);
}

/** Cuts at all places, at none, or at those that the bits of a number name. */
function cutsOf(cutting: number, length: number): number[] {
  const places = Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
  if (cutting === 0) return [];
  if (cutting === 255) return places;
  return places.filter((place) => ((cutting >> (place % 8)) & 1) === 1);
}
