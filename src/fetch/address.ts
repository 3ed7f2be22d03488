import { MkbaseError } from '../errors.ts';

/** An address as it is requested: credentials are a header, never a part of the URL. */
export interface Address {
  readonly url: URL;
  /** Value of `Authorization`, or null. */
  readonly authorization: string | null;
}

/**
 * The address of an http or https URL.
 *
 * @throws usage/address for any other text
 */
export function parseAddress(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new MkbaseError(
      'usage/address',
      `cannot fetch from \`${shownUrl(text)}\`: not an http or https address`,
      {
        hint: 'give a mirror as in http://ftp.debian.org/debian',
      },
    );
  }
  const authorization = basicAuthorization(url);
  url.username = '';
  url.password = '';
  return { url, authorization };
}

/** A URL for people to see: without user, password, query (which can carry a token) and fragment. */
export function shownUrl(url: string | URL): string {
  // An unreadable address may have a password anywhere before the host.
  if (!URL.canParse(String(url)))
    return String(url)
      .replace(/^([a-z][a-z0-9+.-]*:)?.*@/is, '$1//')
      .replace(/[?#].*/s, '');
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  return shown.href;
}

/** RFC 7617. */
function basicAuthorization(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
