import { Blob } from 'node:buffer';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  OutgoingMessage,
  byteLength,
  isBrief,
  messageData,
  sendOpcode,
  type AdmittedFrame,
} from '../../lib/connection/outgoing-message.js';
import { InvalidOptionError, InvalidStateError } from '../../lib/errors.js';
import { Opcode } from '../../lib/protocol/constants.js';
import { COPY_LIMIT } from '../../lib/protocol/frame-writer.js';

const { TEXT, BINARY, CONTINUATION } = Opcode;
const hex = (text: string) => Buffer.from(text, 'hex');

const TYPED_ARRAYS = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
] as const;

const OCTETS = hex('000102030405060708090a0b0c0d0e0f');

function memoryOf(octets: Buffer, options?: { maxByteLength: number }): ArrayBuffer {
  const Memory = ArrayBuffer as unknown as new (length: number, options?: object) => ArrayBuffer;
  const memory = new Memory(octets.length, options);
  new Uint8Array(memory).set(octets);
  return memory;
}

/** Gives memory away, as posting it to a worker does. */
function detach(memory: ArrayBuffer): void {
  structuredClone(memory, { transfer: [memory] });
}

describe('sendOpcode (websocket(n): send)', () => {
  it('reads names in any letter case, and opcodes', () => {
    for (const [opcode, types] of [
      [0x1, ['text', 'TEXT', 'Text', 1]],
      [0x2, ['binary', 'BINARY', 'bInArY', 2]],
      [0x9, ['ping', 'PING', 9]],
      [0xa, ['pong', 'Pong', 10]],
    ] as const) {
      for (const type of types) expect(sendOpcode(type), String(type)).to.equal(opcode);
    }
  });

  it('refuses everything else, and says what was probably meant', () => {
    for (const type of [
      ...[
        undefined,
        null,
        true,
        '',
        'hello',
        'close',
        ' text',
        '1',
        0,
        3,
        8,
        11,
        1.5,
        NaN,
        1n,
        {},
        [],
        ['text'],
      ],
      ...[Buffer.from('text'), Symbol('text'), () => 'text', new String('text'), 'toString', '__proto__'],
    ]) {
      const error = expect(() => sendOpcode(type)).to.throw(
        InvalidOptionError,
        /^type: expected 'text', 'binary', 'ping' or 'pong', or opcode 1, 2, 9 or 10, got .*send\('text', data\)/,
      );
      error.that.has.property('option', 'type');
      error.that.has.property('value').that.deep.equals(type);
    }
  });
});

describe('messageData (HOSTILE C3)', () => {
  it('leaves strings and Buffers as they are', () => {
    for (const value of [
      '',
      'text',
      '\ud83d',
      Buffer.from('octets'),
      Buffer.alloc(0),
      Buffer.allocUnsafe(5),
    ]) {
      expect(messageData(value)).to.equal(value);
    }
  });

  for (const Type of TYPED_ARRAYS) {
    it(`sees the octets of a ${Type.name}, without a copy`, () => {
      const memory = memoryOf(Buffer.concat([OCTETS, OCTETS, OCTETS]));
      for (const view of [new Type(memory), new Type(memory, 16, 16 / Type.BYTES_PER_ELEMENT)]) {
        const data = messageData(view) as Buffer;
        expect(Buffer.isBuffer(data)).to.equal(true);
        expect(data.toString('hex')).to.equal(OCTETS.toString('hex').repeat(view.byteLength / 16));
        expect(data.buffer).to.equal(memory);
      }
      expect((messageData(new Type(0)) as Buffer).length).to.equal(0);
    });
  }

  it('sees the octets of a DataView and of an ArrayBuffer', () => {
    const memory = memoryOf(OCTETS);
    expect((messageData(memory) as Buffer).equals(OCTETS)).to.equal(true);
    expect((messageData(new DataView(memory)) as Buffer).equals(OCTETS)).to.equal(true);
    expect((messageData(new DataView(memory, 3, 5)) as Buffer).toString('hex')).to.equal('0304050607');
    expect((messageData(new ArrayBuffer(0)) as Buffer).length).to.equal(0);
    expect((messageData(new DataView(new ArrayBuffer(0))) as Buffer).length).to.equal(0);
  });

  it('copies shared memory, which others may change meanwhile', () => {
    const memory = new SharedArrayBuffer(16);
    const octets = new Uint8Array(memory);
    octets.set(OCTETS);
    const views = [memory, octets, new DataView(memory), Buffer.from(memory), new Float64Array(memory)];
    const data = views.map((view) => messageData(view) as Buffer);
    const part = messageData(new Uint8Array(memory, 4, 2)) as Buffer;
    octets.fill(0xff);
    for (const each of data) expect(each.equals(OCTETS)).to.equal(true);
    expect(part.toString('hex')).to.equal('0405');
    expect((messageData(new SharedArrayBuffer(0)) as Buffer).length).to.equal(0);
  });

  it('copies memory that may change its size', () => {
    const memory = memoryOf(OCTETS, { maxByteLength: 100 });
    const views = [memory, new Uint8Array(memory), new DataView(memory), Buffer.from(memory, 0, 16)];
    const data = views.map((view) => messageData(view) as Buffer);
    (memory as ArrayBuffer & { resize(length: number): void }).resize(0);
    for (const each of data) expect(each.equals(OCTETS)).to.equal(true);
    expect((messageData(memory) as Buffer).length).to.equal(0);
  });

  it('takes memory of another realm', () => {
    const realm = runInNewContext(`({
      view: new Uint8Array([1, 2, 3]),
      memory: new Uint8Array([4, 5]).buffer,
      shared: new SharedArrayBuffer(2),
      words: new Uint16Array(1),
    })`) as Record<string, unknown>;
    expect(Object.values(realm).map((value) => (messageData(value) as Buffer).toString('hex'))).to.deep.equal(
      ['010203', '0405', '0000', '0000'],
    );
  });

  it('refuses detached memory, whatever looks at it', () => {
    const memory = memoryOf(OCTETS);
    const views = [
      memory,
      new Uint8Array(memory),
      new DataView(memory),
      Buffer.from(memory),
      new Float64Array(memory),
    ];
    detach(memory);
    for (const view of views) {
      expect(() => messageData(view), view.constructor.name).to.throw(InvalidOptionError, 'not detached');
    }
  });

  it('refuses everything else, by the name it is given', () => {
    const impostors = [Buffer.prototype, ArrayBuffer.prototype].map((prototype: object): unknown =>
      Object.create(prototype),
    );
    for (const value of [
      ...[undefined, null, true, 0, 5, NaN, 1n, {}, { length: 5 }, [1, 2, 3], () => 'text', Symbol('text')],
      ...[new Date(), new String('text'), new Blob(['text']), new Set([1]), Promise.resolve('text')],
      ...[{ toString: () => 'text' }, { type: 'Buffer', data: [1] }, ...impostors],
      { buffer: new ArrayBuffer(5), byteOffset: 0, byteLength: 5 },
    ]) {
      expect(() => messageData(value, 'chunk'), typeof value).to.throw(
        InvalidOptionError,
        /^chunk: expected a string, Buffer, TypedArray, DataView or ArrayBuffer, got/,
      );
    }
    expect(() => messageData(5))
      .to.throw(InvalidOptionError)
      .that.includes({ option: 'message', value: 5 });
  });
});

describe('isBrief', () => {
  it('finds octets that are copied as they are framed, whatever memory they lie in', () => {
    for (const octets of [OCTETS, new Uint8Array(1), new Uint8Array(new SharedArrayBuffer(2))]) {
      expect(isBrief(octets)).to.equal(true);
    }
    expect(isBrief(new Uint8Array(COPY_LIMIT))).to.equal(true);
    expect(isBrief(new Uint8Array(COPY_LIMIT + 1))).to.equal(false);
  });

  it('leaves all else, and what is empty and may be detached, to messageData', () => {
    const others = [
      'x',
      new ArrayBuffer(1),
      new DataView(OCTETS.buffer),
      new Int8Array(1),
      [1],
      { length: 1 },
    ];
    for (const other of [...others, undefined, null, 1, Buffer.alloc(0)])
      expect(isBrief(other)).to.equal(false);
  });
});

describe('byteLength', () => {
  it('counts octets as they go on the wire', () => {
    expect([
      byteLength('aé€👋'),
      byteLength('\ud83d'),
      byteLength(Buffer.alloc(7)),
      byteLength(''),
    ]).to.deep.equal([10, 3, 7, 0]);
  });
});

describe('OutgoingMessage (RFC 6455 §5.4)', () => {
  /** Joins the payloads as the peer does. */
  const joined = (frames: readonly AdmittedFrame[]) =>
    Buffer.concat(frames.map(({ data }) => Buffer.from(data)));

  it('leaves a message in one frame as it is', () => {
    const message = new OutgoingMessage();
    for (const [opcode, data] of [
      [TEXT, 'text'],
      [TEXT, Buffer.from('ü')],
      [TEXT, ''],
      [TEXT, '\ud83d'],
      [BINARY, hex('ff')],
      [BINARY, 'text'],
    ] as const) {
      const frame = message.admit(opcode, data, true);
      expect(frame).to.deep.equal({ opcode, fin: true, data });
      expect(frame.data).to.equal(data);
      expect(message.isOpen).to.equal(false);
    }
  });

  for (const [opcode, data] of [
    [TEXT, 'text'],
    [TEXT, Buffer.from('ü')],
    [BINARY, hex('ff')],
    [BINARY, 'text'],
  ] as const) {
    it(`sends fragments of ${opcode === TEXT ? 'text' : 'binary'} (${typeof data}) as continuations`, () => {
      const message = new OutgoingMessage();
      for (let round = 0; round < 2; round++) {
        expect(message.admit(opcode, data, false)).to.deep.equal({ opcode, fin: false, data });
        expect(message.isOpen).to.equal(true);
        expect(message.admit(opcode, data, false)).to.deep.equal({ opcode: CONTINUATION, fin: false, data });
        expect(message.isOpen).to.equal(true);
        expect(message.admit(opcode, data, true)).to.deep.equal({ opcode: CONTINUATION, fin: true, data });
        expect(message.isOpen).to.equal(false);
      }
    });
  }

  it('refuses another type inside of a message, and changes nothing then', () => {
    for (const [open, other, text] of [
      [TEXT, BINARY, 'a fragmented text message is not finished: all its fragments are text, got binary'],
      [BINARY, TEXT, 'a fragmented binary message is not finished: all its fragments are binary, got text'],
    ] as const) {
      const message = new OutgoingMessage();
      message.admit(open, 'a', false);
      for (const final of [false, true]) {
        expect(() => message.admit(other, 'b', final)).to.throw(InvalidStateError, text);
      }
      expect(message.isOpen).to.equal(true);
      expect(message.admit(open, 'c', true)).to.deep.equal({ opcode: CONTINUATION, fin: true, data: 'c' });
      expect(message.admit(other, 'd', false).opcode).to.equal(other);
    }
  });

  describe('surrogates', () => {
    it('carries the first half of a pair over to the next fragment', () => {
      const message = new OutgoingMessage();
      expect(message.admit(TEXT, 'a\ud83d', false).data).to.equal('a');
      expect(message.admit(TEXT, '\udc4bb', false).data).to.equal('👋b');
      expect(message.admit(TEXT, 'c', true).data).to.equal('c');
    });

    it('knows the first and the last of the halves', () => {
      for (const [text, sent] of [
        ['x\ud7ff', 'x\ud7ff'],
        ['x\ud800', 'x'],
        ['x\udbff', 'x'],
        ['x\udc00', 'x\udc00'],
      ] as const) {
        expect(new OutgoingMessage().admit(TEXT, text, false).data).to.equal(sent);
      }
    });

    it('carries it through empty fragments', () => {
      const message = new OutgoingMessage();
      expect(message.admit(TEXT, '\ud83d', false)).to.deep.equal({ opcode: TEXT, fin: false, data: '' });
      expect(message.admit(TEXT, '', false).data).to.equal('');
      expect(message.admit(TEXT, '\udc4b', true).data).to.equal('👋');
    });

    it('sends it alone when the message ends, or something else follows', () => {
      const message = new OutgoingMessage();
      message.admit(TEXT, '\ud83d', false);
      expect(message.admit(TEXT, '', true).data).to.equal('\ud83d');
      message.admit(TEXT, '\ud83d', false);
      expect(message.admit(TEXT, '\ud83d', false).data).to.equal('\ud83d');
      expect(message.admit(TEXT, 'x', true).data).to.equal('\ud83dx');
      expect(message.admit(TEXT, 'x\ud83d', true).data, 'at the end of all').to.equal('x\ud83d');
    });

    it('carries no second half, and nothing in a binary message', () => {
      const message = new OutgoingMessage();
      expect(message.admit(TEXT, 'a\udc4b', false).data).to.equal('a\udc4b');
      expect(message.admit(TEXT, '\udbff', false).data).to.equal('');
      expect(message.admit(TEXT, '\udc00\ud7ff', false).data).to.equal('\u{10fc00}\ud7ff');
      message.admit(TEXT, '', true);
      expect(message.admit(BINARY, 'a\ud83d', false).data).to.equal('a\ud83d');
    });

    it('sends it as U+FFFD before octets', () => {
      const message = new OutgoingMessage();
      expect(message.admit(TEXT, 'a\ud83d', false).data).to.equal('a');
      expect(message.admit(TEXT, Buffer.from('é'), false).data.toString()).to.equal('\ufffdé');
      expect(message.admit(TEXT, Buffer.from('b'), true).data.toString()).to.equal('b');
    });

    it('forgets none when a fragment is refused', () => {
      const message = new OutgoingMessage();
      message.admit(TEXT, '\ud83d', false);
      expect(() => message.admit(TEXT, hex('ff'), false)).to.throw(InvalidOptionError);
      expect(() => message.admit(BINARY, hex('ff'), false)).to.throw(InvalidStateError);
      expect(message.admit(TEXT, '\udc4b', true).data).to.equal('👋');
    });

    it('makes of any text in any fragments what it is in one', () => {
      const units = fc.array(fc.constantFrom('a', 'é', '\ud83d', '\udc4b', '👋', '\ud83d\ud83d'), {
        maxLength: 12,
      });
      fc.assert(
        fc.property(units, fc.array(fc.nat(24), { maxLength: 5 }), (letters, places) => {
          const text = letters.join('');
          const ends = places.map((place) => Math.min(place, text.length)).sort((a, b) => a - b);
          const message = new OutgoingMessage();
          const frames = [...ends, text.length].map((end, i) =>
            message.admit(TEXT, text.slice(ends[i - 1] ?? 0, end), i === ends.length),
          );
          expect(joined(frames).equals(Buffer.from(text))).to.equal(true);
          expect(frames.map(({ opcode, fin }) => [opcode, fin])).to.deep.equal(
            frames.map((_, i) => [i === 0 ? TEXT : CONTINUATION, i === ends.length]),
          );
        }),
      );
    });
  });

  describe('octets sent as text (RFC 6455 §8.1)', () => {
    const refuses = (run: () => void) =>
      expect(run)
        .to.throw(
          InvalidOptionError,
          /^message: expected valid UTF-8 in a text message, got .*send\('binary', data\)/,
        )
        .that.includes({ option: 'message' });

    it('are refused when they are no UTF-8', () => {
      const message = new OutgoingMessage();
      for (const octets of ['ff', 'c0af', 'eda080', 'c3', '61e282', 'f4908080']) {
        refuses(() => message.admit(TEXT, hex(octets), true));
        if (!['c3', '61e282'].includes(octets)) refuses(() => message.admit(TEXT, hex(octets), false));
        expect(message.isOpen).to.equal(false);
        message.admit(BINARY, hex(octets), true);
      }
    });

    it('may be cut inside of a character', () => {
      const octets = Buffer.from('aé€👋z');
      for (let place = 0; place <= octets.length; place++) {
        const message = new OutgoingMessage();
        const frames = [
          message.admit(TEXT, octets.subarray(0, place), false),
          message.admit(TEXT, octets.subarray(place), true),
        ];
        expect(joined(frames).equals(octets)).to.equal(true);
        expect(message.admit(TEXT, 'next', false).data).to.equal('next');
      }
    });

    it('are refused when the message would end inside of a character', () => {
      const message = new OutgoingMessage();
      message.admit(TEXT, hex('61e282'), false);
      refuses(() => message.admit(TEXT, hex(''), true));
      refuses(() => message.admit(TEXT, hex('41'), false));
      expect(message.admit(TEXT, hex('ac'), true).fin).to.equal(true);
    });

    it('refuse a string inside of a character, and take it behind one', () => {
      const message = new OutgoingMessage();
      message.admit(TEXT, hex('61e282'), false);
      for (const final of [true, false]) {
        expect(() => message.admit(TEXT, 'x', final)).to.throw(
          InvalidOptionError,
          /^message: expected the rest of the character/,
        );
      }
      message.admit(TEXT, hex('ac'), false);
      expect(message.admit(TEXT, 'x', true).data).to.equal('x');
      message.admit(TEXT, hex('c3'), false);
      expect(message.admit(TEXT, hex('a9'), true).data.toString('hex')).to.equal('a9');
    });

    it('are judged anew in each message', () => {
      const message = new OutgoingMessage();
      message.admit(TEXT, hex('c3'), false);
      message.admit(TEXT, hex('a9'), true);
      refuses(() => message.admit(TEXT, hex('a9'), false));
      message.admit(TEXT, hex('c3'), false);
      message.admit(TEXT, hex('a9'), false);
      message.admit(TEXT, 'text', true);
      refuses(() => message.admit(TEXT, hex('a9'), true));
    });
  });

  describe('a message that was dropped', () => {
    it('is dropped to its end', () => {
      const message = new OutgoingMessage();
      expect(message.isSkipping).to.equal(false);
      message.skip(false);
      expect([message.isSkipping, message.isOpen]).to.deep.equal([true, false]);
      message.skip(false);
      expect(message.isSkipping).to.equal(true);
      message.skip(true);
      expect(message.isSkipping).to.equal(false);
      expect(message.admit(BINARY, 'next', false).opcode).to.equal(BINARY);
    });

    it('has nothing to follow when it was whole', () => {
      const message = new OutgoingMessage();
      message.skip(true);
      expect(message.isSkipping).to.equal(false);
    });
  });
});
