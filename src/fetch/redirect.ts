import type { Response } from 'node-fetch';
import { type Address, parseAddress } from './address.ts';

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The address that an answer redirects to (RFC 9110, section 15.4) after `before` redirects: an
 * address, null for any other answer, or the reason why it is not followed. A password goes no further
 * than its own host.
 */
export function nextAddress(
  { url, authorization }: Address,
  response: Response,
  before: number,
): Address | string | null {
  const location = response.headers.get('location');
  if (!REDIRECTS.includes(response.status) || location === null) return null;
  if (before === MOST_REDIRECTS) return `more than ${MOST_REDIRECTS} redirects`;
  if (!URL.canParse(location, url.href)) return 'a redirect to no address';
  const next = new URL(location, url);
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    return `a redirect to a \`${next.protocol}\` address`;
  }
  if (url.protocol === 'https:' && next.protocol === 'http:') return 'a redirect from https to http';
  const address = parseAddress(next.href);
  const inherited = next.origin === url.origin ? authorization : null;
  return { url: address.url, authorization: address.authorization ?? inherited };
}
