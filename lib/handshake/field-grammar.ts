/*
 * The grammar of header fields that both roles need (RFC 7230 §3.2). Each function takes time linear in its input;
 * the expressions are anchored runs of one class, which cannot backtrack.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Tells whether the text is a token, as field names and subprotocols must be (RFC 7230 §3.2.6). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Tells whether the text can stand as a field value or reason phrase (RFC 7230 §3.2, §3.1.2): tabs and printable
 * octets, so neither CR, LF and NUL nor anything that is not one octet in Latin-1.
 */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** Removes optional white space, spaces and tabs only, from both ends (RFC 7230 §3.2.3). */
export function trimOws(text: string): string {
  // No regular expression: `[ \t]+$` tries every space of a long run inside the text, which is quadratic.
  let start = 0;
  let end = text.length;
  // Past either end is NaN, which is no white space; where all is, the ends have passed each other: '' again.
  while (isOws(text.charCodeAt(start))) start++;
  while (isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isOws(octet: number): boolean {
  return octet === 0x20 || octet === 0x09;
}

/** Splits a comma-separated list, dropping the empty elements that a recipient must tolerate (RFC 7230 §7). */
export function splitList(value: string): string[] {
  const elements: string[] = [];
  for (const element of value.split(',')) {
    const trimmed = trimOws(element);
    if (trimmed !== '') elements.push(trimmed);
  }
  return elements;
}
