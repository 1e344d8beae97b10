import { expect } from 'chai';
import { rejectResponse } from '../../lib/handshake/handshake-response.js';
import {
  examineRequest,
  type Accepted,
  type HandshakeRequest,
} from '../../lib/handshake/server-handshake.js';

/** Is one header field. */
export type Field = readonly [name: string, value: string];

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const FIELDS: readonly Field[] = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', KEY],
  ['Sec-WebSocket-Version', '13'],
];

export const isNamed = (name: string) => (field: Field) => field[0].toLowerCase() === name.toLowerCase();
export const without = (name: string) => FIELDS.filter((field) => !isNamed(name)(field));
/** The example's fields, one of them with other values: none, one or several. */
export const having = (name: string, ...values: readonly string[]): readonly Field[] => [
  ...without(name),
  ...values.map((value): Field => [name, value]),
];

export const request = (
  fields: readonly Field[] = FIELDS,
  more: Partial<HandshakeRequest> = {},
): HandshakeRequest => ({
  method: 'GET',
  httpVersion: '1.1',
  url: '/chat',
  rawHeaders: fields.flat(),
  ...more,
});

export const examine = (fields?: readonly Field[], more?: Partial<HandshakeRequest>) =>
  examineRequest(request(fields, more));

export function expectAccepted(fields?: readonly Field[], more?: Partial<HandshakeRequest>): Accepted {
  const decision = examine(fields, more);
  if (!decision.ok) expect.fail(`refused: ${String(decision.status)} ${decision.reason}`);
  return decision;
}

export function expectRejected(
  status: number,
  reason: RegExp,
  fields?: readonly Field[],
  more?: Partial<HandshakeRequest>,
) {
  const decision = examine(fields, more);
  if (decision.ok) expect.fail('accepted');
  expect(decision.status).to.equal(status);
  expect(decision.reason).to.match(reason);
  expect(decision.body).to.equal(`${decision.reason}\n`);
  expect(rejectResponse(decision).toString()).to.match(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
}
