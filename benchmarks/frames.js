const OPCODES = { text: 1, binary: 2 };

/** Frames a payload: masked as a client does, or not, as a server does. */
export function frame(type, payload, maskingKey) {
  const masked = maskingKey !== undefined;
  const length = payload.length;
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const header = Buffer.alloc(2 + extended + (masked ? 4 : 0));
  header[0] = 0x80 | OPCODES[type];
  header[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) header.writeUInt16BE(length, 2);
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([header, payload]);
  maskingKey.copy(header, 2 + extended);
  return Buffer.concat([header, payload.map((octet, index) => octet ^ maskingKey[index % 4])]);
}

/** Makes a payload whose octets tell where they are: printable for text. */
export function payload(type, size) {
  const octets = Buffer.alloc(size);
  for (let i = 0; i < size; i++) octets[i] = type === 'text' ? 0x20 + (i % 95) : (i * 31 + (i >> 8)) & 0xff;
  return octets;
}
