import type { CorpusStream } from './corpus-stream.js';

/** Lists texts that are UTF-8: the edges of each length, and what is often taken for wrong. */
// prettier-ignore
const RIGHT = [
  '00', '7f', 'c280', 'dfbf', 'e0a080', 'e0bfbf', 'e18080', 'ecbfbf', 'ed8080', 'ed9fbf', 'ee8080', 'efbfbd', 'efbfbf',
  'f0908080', 'f09fbfbf', 'f1808080', 'f3bfbfbf', 'f4808080', 'f48fbfbf', 'efbbbf', 'efbbbf61', 'e2808f',
];

/** Lists octets that are wrong, each with the index of the first octet that cannot be. */
// prettier-ignore
const WRONG: readonly (readonly [octets: string, index: number])[] = [
  ['80', 0], ['bf', 0], ['c0af', 0], ['c1bf', 0], ['c27f', 1], ['c2c0', 1], ['e09fbf', 1], ['e0c080', 1], ['e28228', 2],
  ['eda080', 1], ['edbfbf', 1], ['eda080edb080', 1], ['ef7fbf', 1], ['f08fbfbf', 1], ['f0908028', 3], ['f0900080', 2],
  ['f4908080', 1], ['f5808080', 0], ['f7bfbfbf', 0], ['f888808080', 0], ['fc8480808080', 0], ['fe', 0], ['ff', 0],
];

/** Lists sequences that end before they are whole. */
const UNFINISHED = ['c3', 'e0', 'e0a0', 'e282', 'ed9f', 'f0', 'f090', 'f09f98', 'f48fbf'];

const lengthOf = (hex: string) => (hex.length / 2).toString(16).padStart(2, '0');

/** Writes a frame of up to 125 octets. */
const frame = (first: string, payload: string) => `${first} ${lengthOf(payload)} ${payload}`.trimEnd();

/** Lists text: right and wrong, in one frame and in several. */
export const TEXT: readonly CorpusStream[] = [
  ...RIGHT.flatMap((octets) => {
    const halves = [octets.slice(0, 2), octets.slice(2)] as const;
    return [
      {
        name: `text ${octets}`,
        frames: frame('81', `61${octets}62`),
        seen: `text 61${octets}62`,
        end: 'open',
      },
      {
        name: `text ${octets} in two fragments`,
        frames: `${frame('01', halves[0])} | ${frame('80', halves[1])}`,
        seen: `text ${octets}`,
        end: 'open',
      },
    ];
  }),
  ...WRONG.flatMap(([octets, index]) => {
    const until = octets.slice(0, 2 * index + 2);
    return [
      {
        name: `wrong text ${octets}, and a ping behind`,
        frames: `81 01 61 | ${frame('81', `6162${octets}6364`)} | 89 00`,
        seen: 'text 61',
        end: 'fail 1007 INVALID_UTF8',
      },
      {
        name: `wrong text ${octets}, of which no more comes than it takes`,
        frames: `89 00 | 81 7d 6162${until}`,
        seen: 'ping',
        end: 'fail 1007 INVALID_UTF8',
      },
      {
        name: `wrong text ${octets} from the second fragment on`,
        frames: `${frame('01', '61')} | 89 00 | ${frame('00', octets)} | 89 00 | ${frame('80', '62')}`,
        seen: 'ping',
        end: 'fail 1007 INVALID_UTF8',
      },
      {
        name: `wrong text ${octets} in fragments of one octet`,
        frames: [...(until.match(/../g) ?? [])]
          .map((octet, i) => `${i === 0 ? '01' : '00'} 01 ${octet}`)
          .concat('89 00', '80 00')
          .join(' | '),
        seen: '',
        end: 'fail 1007 INVALID_UTF8',
      },
      { name: `${octets} as binary`, frames: frame('82', octets), seen: `binary ${octets}`, end: 'open' },
    ];
  }),
  ...UNFINISHED.flatMap((octets) => [
    {
      name: `text that ends inside ${octets}`,
      frames: `${frame('81', `61${octets}`)} | 89 00`,
      seen: '',
      end: 'fail 1007 INVALID_UTF8',
    },
    {
      name: `text in fragments that ends inside ${octets}`,
      frames: `${frame('01', octets)} | 89 00 | 80 00 | 89 00`,
      seen: 'ping',
      end: 'fail 1007 INVALID_UTF8',
    },
    {
      name: `text that may go on behind ${octets}`,
      frames: `${frame('01', octets)} | 89 00`,
      seen: 'ping',
      end: 'open',
    },
  ]),
  {
    name: 'long text, wrong at its end',
    frames: '81 7e 0fa2 c3a9*2000 c328',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
  },
  {
    name: 'long text of characters of three',
    frames: '81 7e 0bb8 e282ac*1000 | 81 01 61',
    seen: 'text e282ac*1000 | text 61',
    end: 'open',
  },
  {
    name: 'long text in two fragments, cut inside a character',
    frames: '01 7e 0191 f09f9a80*100 f0 | 80 7e 0193 9f9a80 f09f9a80*100',
    seen: 'text f09f9a80*201',
    end: 'open',
  },
  {
    name: 'long text in two fragments, wrong where they meet',
    frames: '01 7e 0191 f09f9a80*100 f0 | 80 7e 0193 8f9a80 f09f9a80*100 | 89 00',
    seen: '',
    end: 'fail 1007 INVALID_UTF8',
  },
];
