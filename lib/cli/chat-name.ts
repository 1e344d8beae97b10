/** Longest name of a chat member, in characters. */
const MAX_NAME_LENGTH = 24;

/**
 * Makes a name that can be shown to everybody out of what a user asked for: one line, no invisible or
 * direction-turning characters, bounded.
 * @returns the name, empty if nothing is left.
 */
export function cleanChatName(wanted: string): string {
  const visible = wanted
    .slice(0, MAX_NAME_LENGTH * 4)
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    // A letter carries a few marks at most, else its neighbours' lines are overprinted.
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim();
  return Array.from(visible).slice(0, MAX_NAME_LENGTH).join('').trim();
}

/** Tells apart two members who ask for the same name. */
export function uniqueChatName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let suffix = 2;
  while (taken.has(`${name} ${String(suffix)}`)) suffix++;
  return `${name} ${String(suffix)}`;
}
