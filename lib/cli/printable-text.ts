// The characters that act on a terminal, instead of being shown.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Shows control characters as escapes: what a peer sends must not move the cursor, rename the window
 * or turn the reading direction of the terminal. Line feeds and tabs stay.
 */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Shows octets in hex, at most `limit` of them. */
export function printableOctets(octets: Buffer, limit = 64): string {
  const shown = (octets.subarray(0, limit).toString('hex').match(/../g) ?? []).join(' ');
  return octets.length > limit ? `${shown} …` : shown;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
