/** Tells the two parts of an authority: the Host field, or what stands behind `//` in a URL and an Origin. */
export interface Authority {
  /** Host in lower case; an IPv6 address in its brackets. */
  readonly host: string;
  /** Port as it was written, without leading zeros; `undefined` when there was none. */
  readonly port: number | undefined;
}

/*
 * uri-host [ ":" port ] of RFC 7230 §5.4. No userinfo, so `host@evil` is no host. The comma, which a reg-name may have
 * in theory, is left out: in practice it is two Host fields that somebody merged.
 */
const AUTHORITY =
  /^(\[[0-9A-Za-z:.%_~-]+\]|(?:[0-9A-Za-z\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?$/;

const MAX_PORT = 65_535;

/** What was parsed last: the Host field is mostly the same for one connection after the other. */
let last: { readonly text: string; readonly authority: Authority | undefined } = {
  text: '',
  authority: undefined,
};

/** Parses an authority (RFC 7230 §5.4, RFC 3986 §3.2); `undefined` when it is none. */
export function parseAuthority(text: string): Authority | undefined {
  if (text !== last.text) last = { text, authority: parse(text) };
  return last.authority;
}

function parse(text: string): Authority | undefined {
  const match = AUTHORITY.exec(text);
  if (match === null) return undefined;
  const host = (match[1] as string).toLowerCase();
  const digits = match[2] ?? '';
  if (digits === '') return { host, port: undefined };
  const port = Number(digits);
  return port > MAX_PORT ? undefined : { host, port };
}
