import { parseAuthority } from './authority.js';

/** Tells the parts of a request target that a server needs. */
export interface RequestTarget {
  /** Path, raw: undecoded and without the query. */
  readonly path: string;
  /** Query, raw and without its `?`; empty if there was none. */
  readonly query: string;
  /** Authority of a target in absolute-form, which then stands above the Host field (RFC 7230 §5.5). */
  readonly authority: string | undefined;
}

const ABSOLUTE = /^(?:ws|http)s?:\/\/([^/?]+)/i;
/** No white space, no controls; octets past ASCII are let through, since a path is only ever compared. No fragment. */
const TARGET = /^[\x21\x22\x24-\x7e\x80-\xff]+$/;

/**
 * Parses a request target in origin-form or, as RFC 6455 §4.2.1 item 1 allows, in absolute-form with a ws or http URI
 * (RFC 7230 §5.3); `undefined` when it is neither.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (!TARGET.test(target)) return undefined;
  if (target.startsWith('/')) return partsOf(target, undefined);
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return undefined;
  const authority = absolute[1] as string;
  if (parseAuthority(authority) === undefined) return undefined;
  return partsOf(target.slice(absolute[0].length), authority);
}

function partsOf(resource: string, authority: string | undefined): RequestTarget {
  const mark = resource.indexOf('?');
  const path = mark === -1 ? resource : resource.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark === -1 ? '' : resource.slice(mark + 1), authority };
}
